'use strict'

/*
 * The only file of the benchmark that knows the package's internals: its engine is measured with nothing
 * around it. Everything else loads the package through its public entry.
 */

const Keyring = require('../../lib/cookie/keyring')
const native = require('../../binding')
const { MAX_AGE, NAME, SECRET } = require('./sample')

/** The calls that requests make to a memory engine, laid out as the package does. */
function makeEngine () {
  const { Now, Deadline, Expires, Template, Revision, IdAt, IdLength } = native.NumberAt
  const numbers = native.createNumbers()
  const memory = native.createMemory(numbers, Infinity, Infinity)
  const template = native.memoryIntern(memory, `{"originalMaxAge":${MAX_AGE},"expires":`, ',"httpOnly":true,"path":"/"}')
  /** What the next write takes. */
  const setTime = (now) => {
    numbers[Now] = now
    numbers[Deadline] = numbers[Expires] = now + MAX_AGE
    numbers[Template] = template
    numbers[Revision] = ANY
  }
  setTime(Date.now())
  const keyring = native.createKeyring(numbers, NAME, [Buffer.from(SECRET)])
  const load = native.bindLoad(memory, keyring)
  return {
    ...native.bindMemory(memory),
    generateId: native.generateId,
    load,
    seal: native.bindKeyring(keyring).seal,
    clear: () => native.memoryClear(memory),
    setTime,
    /** The id and the text of the session that a `Cookie` header opens, if there is one. */
    open (header, now) {
      numbers[Now] = now
      const text = header && load(header)
      if (text === undefined || numbers[Revision] === native.ABSENT) return NOTHING
      return { sid: header.slice(numbers[IdAt], numbers[IdAt] + numbers[IdLength]), text }
    }
  }
}

const NOTHING = {}
const ANY = -1

module.exports = { generateId: native.generateId, makeEngine, makeKeyring: () => new Keyring(NAME, [SECRET]) }
