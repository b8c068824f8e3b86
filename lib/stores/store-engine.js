'use strict'

const Removals = require('./removals')

/** @typedef {import('./engine').Engine} Engine */

/** Where a store keeps its parts: an own property, so that reading a prototype makes nothing. */
const PARTS = Symbol('express-session-native.parts')
/** Where a store's prototype keeps the function that makes its engine. */
const MAKE_ENGINE = Symbol('express-session-native.makeEngine')

/** What a store has beside its methods. */
class Parts {
  /**
   * @param {any} store
   * @param {Engine} engine
   */
  constructor (store, engine) {
    const { serializer, ttl, dispose } = engine.options
    this.engine = engine
    /** No function of the app's looks at texts and deadlines. */
    this.supportsFastPath = serializer === JSON && typeof ttl !== 'function' && dispose === undefined
    this.removals = new Removals(store, engine)
    this.interval = undefined
  }
}

/**
 * Gives a store its engine.
 *
 * @param {any} store
 * @param {any} options
 */
function openEngine (store, options) {
  Object.defineProperty(store, PARTS, { value: new Parts(store, store[MAKE_ENGINE](options)) })
  store.startInterval()
  return store[PARTS]
}

/**
 * A subclass may never have called the constructor: then its store gets an engine now.
 *
 * @param {any} store
 */
function partsOf (store) {
  return store[PARTS] || openEngine(store, undefined)
}

/** @param {any} store */
function engineOf (store) {
  return partsOf(store).engine
}

/**
 * The engine of a store that has one by now; undefined for stores of others.
 *
 * @param {any} store
 */
function engineIn (store) {
  const parts = store[PARTS]
  return parts === undefined ? undefined : parts.engine
}

/**
 * The engine of a store of which a request need not ask the methods; undefined for all others.
 *
 * @param {any} store
 */
function fastEngine (store) {
  const parts = store[PARTS]
  return parts !== undefined && parts.supportsFastPath ? parts.engine : undefined
}

/**
 * Whether an id is one that no client has: it names a session and opens none.
 *
 * @param {any} store
 * @param {any} sid
 */
function isReference (store, sid) {
  const engine = engineIn(store)
  return engine !== undefined && engine.isReference !== undefined && engine.isReference(sid)
}

/**
 * Whether a store is of this package.
 *
 * @param {any} store
 */
function isOurs (store) {
  return MAKE_ENGINE in store
}

module.exports = { engineIn, engineOf, fastEngine, isOurs, isReference, MAKE_ENGINE, openEngine, partsOf }
