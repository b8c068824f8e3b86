'use strict'

// What the operating system allows the process.

const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const path = require('node:path')
const { test } = require('node:test')
const { needsBinary } = require('../helpers/binary')
const { session } = require('../helpers/subject')

const SUBJECT = path.join(__dirname, '..', '..')
const skip = process.platform === 'linux' ? false : 'ulimit -v is of Linux'

/** Runs code in a process that may use so many bytes of address space, and gives what it printed. */
function runWithin (bytes, code) {
  const command = `ulimit -v ${Math.floor(bytes / 1024)} && exec "$0" -e "$1"`
  const source = `const session = require(${JSON.stringify(SUBJECT)}); (${code})(session, value => console.log(JSON.stringify(value)))`
  return JSON.parse(execFileSync('bash', ['-c', command, process.execPath, source], { encoding: 'utf8' }))
}

test('the default of maxBytes respects a limit on address space', { skip }, () => {
  const unlimited = new session.MemoryStore().stats().limits.maxBytes
  const maxBytes = runWithin(4e9, (session, print) => print(new session.MemoryStore().stats().limits.maxBytes))
  assert.ok(maxBytes > 0 && maxBytes < 1e9, String(maxBytes))
  assert.ok(maxBytes < unlimited)
})

test('a session for which the system has no memory is an error, and the process and the others live on', { skip: skip || needsBinary.skip }, () => {
  const { errors, stored, read } = runWithin(2e9, (session, print) => {
    const big = 'x'.repeat(80e6)
    const serializer = { stringify: () => big, parse: text => ({ cookie: {}, length: text.length }) }
    const store = new session.MemoryStore({ maxBytes: 1e12, serializer })
    const errors = new Set()
    let n = 0
    const next = () => {
      if (++n <= 20) {
        store.set('a' + n, { cookie: {} }, err => {
          if (err) errors.add(`${err.name}: ${err.message}`)
          next()
        })
        return
      }
      const stored = store.stats().sessions
      for (let i = 2; i <= 8; i++) store.destroy('a' + i)
      store.get('a1', (err, session) => print({ errors: [...errors], stored, read: err ? err.message : session.length }))
    }
    next()
  })
  assert.ok(errors.length > 0 && errors.every(message => /has no memory for the (session|text)/.test(message)), String(errors))
  assert.ok(stored > 1 && stored < 20, String(stored))
  assert.equal(read, 80e6)
})
