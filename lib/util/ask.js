'use strict'

const { types } = require('util')
const { failure } = require('./as-error')
const { keepAsyncContext } = require('./async-context')

module.exports = { ask, onRejection }

/**
 * Calls a method of a store for a callback, which comes in the async context of now. A method that is an async function
 * throws by a rejection, which nobody awaits, and which would end the process: the callback gets it, if it has got
 * nothing yet.
 *
 * @param {any} callback given on as it is when it is no function
 * @param {(callback: any) => any} call
 */
function ask (callback, call) {
  if (typeof callback !== 'function') return call(callback)
  let called = false
  const done = keepAsyncContext(/** @this {any} */ function (/** @type {any[]} */ ...args) {
    called = true
    return callback.apply(this, args)
  })
  return onRejection(call(done), err => {
    if (called) throw err // the app's, out of its callback
    done(failure(err))
  })
}

/**
 * A promise that is no native one may be a query, which `then` would run once more.
 *
 * @param {any} result
 * @param {(err: any) => void} rejected
 * @return {any} the result
 */
function onRejection (result, rejected) {
  if (typeof result === 'object' && types.isPromise(result)) result.then(undefined, rejected)
  return result
}
