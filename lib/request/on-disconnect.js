'use strict'

const { asError } = require('../util/as-error')
const { storeDefault } = require('./store-defaults')

module.exports = { onDisconnectOption }

/** @typedef {(req: any, res: any, next: (err?: any) => void) => void} Handler */

/**
 * The onDisconnect option: what becomes of a request while the store is disconnected.
 *
 * @param {any} option
 * @param {any} store
 * @throws {TypeError}
 * @return {Handler|undefined} undefined: the request goes on without a session
 */
function onDisconnectOption (option, store) {
  const [value, name] = storeDefault('onDisconnect', option, store)
  if (value === undefined || value === 'skip') return undefined
  if (value === 'error') return (req, res, next) => next(disconnectedError())
  if (typeof value === 'function') return callsApp(value)
  throw new TypeError(`${name} must be "skip", "error" or a function`)
}

/**
 * @param {Function} handle the app's; what it throws goes to `next`, also what is falsy and would be no error there
 * @return {Handler}
 */
function callsApp (handle) {
  return (req, res, next) => {
    try {
      const result = handle(req, res, next)
      if (result && typeof result.then === 'function') result.then(undefined, (/** @type {any} */ err) => next(asError(err)))
    } catch (err) {
      next(asError(err))
    }
  }
}

function disconnectedError () {
  /** @type {any} */
  const err = new Error('the session store is disconnected')
  err.code = 'ERR_SESSION_STORE_DISCONNECTED'
  err.status = 503
  return err
}
