'use strict'

/*
 * The only file of the benchmark that knows the package's internals: the parts are measured with nothing
 * around them. Everything else loads the package through its public entry.
 */

const Keyring = require('../../lib/cookie/keyring')
const native = require('../../binding')
const { settleShapes } = require('../../lib/http/express-shapes')
const { MAX_AGE, NAME, SECRET } = require('./sample')

/** The calls that requests make to a memory engine, laid out as the package does. */
function makeEngine () {
  const now = Date.now()
  const { Now, Deadline, Expires, Template } = native.NumberAt
  const numbers = native.createNumbers()
  const memory = native.createMemory(numbers, Infinity, Infinity)
  numbers[Now] = now
  numbers[Deadline] = numbers[Expires] = now + MAX_AGE
  numbers[Template] = native.memoryIntern(memory, `{"originalMaxAge":${MAX_AGE},"expires":`, ',"httpOnly":true,"path":"/"}')
  const keyring = native.createKeyring(numbers, NAME, [Buffer.from(SECRET)])
  return {
    ...native.bindMemory(memory),
    generateId: native.generateId,
    load: native.bindLoad(memory, keyring),
    seal: native.bindKeyring(keyring).seal,
    clear: () => native.memoryClear(memory),
    forward (ms) {
      for (const at of [Now, Deadline, Expires]) numbers[at] += ms
    }
  }
}

module.exports = { generateId: native.generateId, makeEngine, makeKeyring: () => new Keyring(NAME, [SECRET]), settleShapes }
