'use strict'

const { failure } = require('../util/as-error')
const defer = require('../util/defer')
const { warnOf } = require('../util/warn')
const Awaited = require('./awaited')
const { PENDING } = require('./engine')
const { isPromise } = require('./parse')
const { partsOf } = require('./store-engine')

/**
 * @typedef {import('./engine').Callback<any>} Callback
 * @typedef {import('./engine').Engine} Engine
 */

/** The answer of a method that has nothing to say: it calls back without arguments, as upstream's do. */
const NOTHING = Symbol('nothing')

/**
 * Asks the engine, and calls back on a later tick with what `read` makes of the answer, perhaps later, or with the error.
 *
 * @param {any} store
 * @param {Callback|undefined} callback
 * @param {(engine: Engine, done: Callback) => any} ask
 * @param {(result: any, engine: Engine) => any} read
 * @throws the error, when there is no callback and the engine answers at once
 * @return {any} see awaited.js
 */
function perform (store, callback, ask, read) {
  const { engine, removals } = partsOf(store)
  if (typeof callback !== 'function' && engine.capabilities.promises) return performAwaited(store, ask, read)

  /** @param {any} result */
  function finish (result) {
    const value = read(result, engine)
    removals.flush()
    if (typeof callback !== 'function') return
    if (value === NOTHING) defer(callback)
    else if (isPromise(value)) value.then((/** @type {any} */ value) => defer(callback, null, value), fail)
    else defer(callback, null, value)
  }

  /** @param {any} err */
  function fail (err) {
    if (typeof callback === 'function') defer(callback, failure(err))
    else warnOf(err) // nobody is left to throw it at
  }

  try {
    const result = ask(engine, (err, result) => {
      if (err) return fail(err)
      try {
        finish(result)
      } catch (err) {
        fail(err)
      }
    })
    if (result !== PENDING) finish(result)
  } catch (err) {
    if (typeof callback !== 'function') throw err
    defer(callback, failure(err))
  }
}

/**
 * @param {any} store
 * @param {(engine: Engine, done: Callback) => any} ask
 * @param {(result: any, engine: Engine) => any} read
 */
function performAwaited (store, ask, read) {
  /** @type {{err: any}|undefined} */
  let thrown
  const awaited = new Awaited(callback => {
    perform(store, callback, (engine, done) => {
      try {
        return ask(engine, done)
      } catch (err) {
        thrown = { err }
        throw err
      }
    }, read)
  })
  if (thrown === undefined) return awaited
  awaited.catch(() => {})
  throw thrown.err
}

module.exports = { NOTHING, perform }
