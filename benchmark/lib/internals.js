'use strict'

/*
 * The only file of the benchmark that knows the package's internals: the parts are measured with nothing
 * around them. Everything else loads the package through its public entry.
 */

const Keyring = require('../../session/keyring')
const native = require('../../session/native')
const { settleShapes } = require('../../session/shape')
const { MAX_AGE, NAME, SECRET } = require('./sample')

/** The calls that requests make to a memory engine, laid out as the package does. */
function makeEngine () {
  const now = Date.now()
  const numbers = new Float64Array(7)
  const memory = native.createMemory(numbers, Infinity, Infinity)
  const template = native.memoryIntern(memory, `{"originalMaxAge":${MAX_AGE},"expires":`, ',"httpOnly":true,"path":"/"}')
  // Now, deadline, expiry of the cookie, its template, any revision, client not seen before.
  numbers.set([now, now + MAX_AGE, now + MAX_AGE, template, -1, 0])
  const keyring = native.createKeyring(new Float64Array(3), NAME, [Buffer.from(SECRET)])
  const { commit, touch } = native.bindMemory(memory)
  return {
    load: native.bindLoad(memory, keyring),
    commit,
    touch,
    seal: native.bindKeyring(keyring).seal,
    clear: () => native.memoryClear(memory)
  }
}

module.exports = { generateId: native.generateId, makeEngine, makeKeyring: () => new Keyring(NAME, [SECRET]), settleShapes }
