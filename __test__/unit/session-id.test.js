'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { Worker } = require('node:worker_threads')
const uid = require('uid-safe')
const { serve } = require('../helpers/server')
const { middleware } = require('../helpers/subject')
const { generateId } = require('../helpers/internals')

const SHAPE = /^[A-Za-z0-9_-]{32}$/
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

test("An id has the length and the alphabet of uid-safe's", () => {
  assert.match(uid.sync(24), SHAPE)
  for (let i = 0; i < 1000; i++) {
    const id = generateId()
    assert.match(id, SHAPE)
    const bytes = Buffer.from(id, 'base64url')
    assert.equal(bytes.length, 24)
    assert.equal(bytes.toString('base64url'), id)
  }
})

test('100,000 ids are all different', () => {
  const ids = new Set()
  for (let i = 0; i < 100_000; i++) ids.add(generateId())
  assert.equal(ids.size, 100_000)
})

test('Every character comes up at every place about equally often', () => {
  const count = 20_000
  const seen = Array.from({ length: 32 }, () => new Map())
  for (let i = 0; i < count; i++) {
    const id = generateId()
    for (let place = 0; place < 32; place++) seen[place].set(id[place], (seen[place].get(id[place]) || 0) + 1)
  }
  const expected = count / 64
  for (const [place, characters] of seen.entries()) {
    let chi = 0
    for (const character of ALPHABET) {
      const times = characters.get(character) || 0
      chi += (times - expected) ** 2 / expected
    }
    // 63 degrees of freedom: above 160 is one in 10^9.
    assert.ok(chi < 160, `place ${place}: chi² ${chi}`)
  }
})

test('Each of the 192 bits is 1 half of the time', () => {
  const count = 20_000
  const ones = new Array(192).fill(0)
  for (let i = 0; i < count; i++) {
    const bytes = Buffer.from(generateId(), 'base64url')
    for (let bit = 0; bit < 192; bit++) ones[bit] += bytes[bit >> 3] >> (bit & 7) & 1
  }
  const limit = 7 * Math.sqrt(count / 4)
  for (const [bit, number] of ones.entries()) assert.ok(Math.abs(number - count / 2) < limit, `bit ${bit}: ${number}`)
})

test('Threads make different ids', async () => {
  const source = `
    const { generateId } = require(${JSON.stringify(require.resolve('../helpers/internals'))})
    require('node:worker_threads').parentPort.postMessage(Array.from({ length: 1000 }, generateId))
  `
  const lists = await Promise.all(Array.from({ length: 4 }, () => new Promise((resolve, reject) => {
    new Worker(source, { eval: true }).once('message', resolve).once('error', reject)
  })))
  assert.equal(new Set(lists.flat()).size, 4000)
})

test('Ids do not come from Math.random', async t => {
  t.mock.method(Math, 'random', () => { throw new Error('Math.random') })
  assert.match(generateId(), SHAPE)
  const app = await serve(t, middleware(), (req, res) => res.end(req.sessionID))
  assert.match((await app.get('/')).body, SHAPE)
})

test('A new id is made at login, at destroy and for a cookie that names no session', async t => {
  const app = await serve(t, middleware(), (req, res) => {
    const before = req.sessionID
    if (req.url !== '/login') return res.end(before)
    req.session.regenerate(() => res.end(`${before} ${req.sessionID}`))
  })
  const browser = app.browser()
  const first = (await browser.get('/')).body
  const [before, after] = (await browser.get('/login')).body.split(' ')
  assert.equal(before, first)
  assert.notEqual(after, first)
  assert.match(after, SHAPE)

  const forged = `connect.sid=${encodeURIComponent('s:fixed-by-an-attacker.' + 'A'.repeat(43))}`
  assert.match((await app.get('/', { cookie: forged })).body, SHAPE)
  assert.match((await app.get('/', { cookie: 'connect.sid=fixed-by-an-attacker' })).body, SHAPE)
})
