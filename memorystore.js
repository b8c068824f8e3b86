'use strict'

const { inherits } = require('util')
const MemoryStore = require('./lib/stores/memory')

/**
 * The factory form of the memorystore package, for a swap in one line:
 * `const MemoryStore = require('express-session-native/memorystore')(session)`
 *
 * @param {any} session the module whose Store it is to be: this package or express-session
 * @return {Function} the constructor of the store
 */
module.exports = function memorystore (session) {
  const { Store } = session
  if (typeof Store !== 'function') throw new TypeError('memorystore must be given express-session or express-session-native')
  if (MemoryStore.prototype instanceof Store) return MemoryStore

  /**
   * @this {any}
   * @param {any} options
   */
  function ForeignMemoryStore (options) {
    MemoryStore.call(this, options)
  }
  inherits(ForeignMemoryStore, Store)
  /** @type {any} */
  const methods = Object.getOwnPropertyDescriptors(MemoryStore.prototype)
  delete methods.constructor
  Object.defineProperties(ForeignMemoryStore.prototype, methods)
  return ForeignMemoryStore
}
