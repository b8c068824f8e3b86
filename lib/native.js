'use strict'

const { missingBinary, reasonOf } = require('./util/missing-binary')
const { warn } = require('./util/warn')

/*
 * The parts of the package that are written in Rust, or the same in JavaScript where the binary does not load. Only
 * this file knows which: what it exports keeps the same contracts.
 */
module.exports = load()

function load () {
  try {
    require('../binding')
  } catch (cause) {
    warn('EXPRESS_SESSION_NO_BINARY', missingBinary(/** @type {Error} */ (cause)))
    return {
      native: false,
      generateId: require('./cookie/plain-session-id'),
      Keyring: require('./cookie/plain-keyring'),
      MemoryEngine: require('./stores/plain/engine'),
      /** @return {never} */
      get SQLiteEngine () {
        throw new Error(`SQLiteStore needs the binary of express-session-native. ${reasonOf(/** @type {Error} */ (cause))}`)
      }
    }
  }
  return {
    native: true,
    generateId: require('../binding').generateId,
    Keyring: require('./cookie/keyring'),
    MemoryEngine: require('./stores/memory/engine'),
    // Nothing of it is loaded before the first store is made.
    get SQLiteEngine () {
      return require('./stores/sqlite/engine')
    }
  }
}
