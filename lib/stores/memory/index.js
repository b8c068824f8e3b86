'use strict'

const { MemoryEngine } = require('../../native')
const { defineStore } = require('../native-store')
const Store = require('../store')
const { engineIn, engineOf, openEngine } = require('../store-engine')
const { readOptions } = require('./options')
const { sessionsView } = require('./sessions-view')

module.exports = MemoryStore

/**
 * Sessions in the memory of this process, outside V8's heap, bounded, expiring by themselves.
 *
 * @param {any} [options] see MemoryStoreOptions in index.d.ts
 * @throws {TypeError|RangeError} naming the option
 */
function MemoryStore (options = undefined) { // upstream's has no parameter, and its `length` is 0
  Store.call(this)
  openEngine(this, options)
}

defineStore(MemoryStore, options => new MemoryEngine(readOptions(options)))

// The memorystore package has these properties. A subclass may have its own: nothing here reads them.
for (const [key, read] of /** @type {[string, (options: any) => any][]} */ (
  [['options', options => options], ['serializer', options => options.serializer]]
)) {
  Object.defineProperty(MemoryStore.prototype, key, {
    configurable: true,
    get () {
      const engine = engineIn(this)
      return engine && read(engine.options)
    },
    set (value) {
      Object.defineProperty(this, key, { configurable: true, enumerable: true, value, writable: true })
    }
  })
}

/** The JSON texts by their ids, as upstream's property of this name has them. Reads and writes go to the store. */
Object.defineProperty(MemoryStore.prototype, 'sessions', {
  configurable: true,
  get () {
    return isPrototype(this) ? undefined : sessionsView(engineOf(this))
  },
  /** @this {any} */
  set (sessions) {
    this.clear()
    Object.assign(sessionsView(engineOf(this)), sessions)
  }
})

/** @param {any} object */
function isPrototype (object) {
  return Object.prototype.hasOwnProperty.call(object, 'constructor')
}
