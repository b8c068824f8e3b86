'use strict'

module.exports = { refuseHeaders, sentError }

/** What Node refuses once the headers are sent. */
const SETTERS = ['setHeader', 'setHeaders', 'appendHeader', 'removeHeader']

/**
 * Has a response behave to the app as Node's does once its headers are sent, although they are not.
 *
 * @param {any} res
 * @param {() => boolean} hasBegun whether it does so now
 */
function refuseHeaders (res, hasBegun) {
  const own = Object.getOwnPropertyDescriptor(res, 'headersSent') // of another session that holds it
  const sent = () => own === undefined ? Reflect.get(Object.getPrototypeOf(res), 'headersSent', res) : own.get ? own.get.call(res) : own.value
  Object.defineProperty(res, 'headersSent', { configurable: true, get: () => hasBegun() || sent() })

  for (const name of SETTERS) {
    const setter = res[name]
    if (typeof setter !== 'function') continue
    res[name] = (/** @type {any[]} */ ...args) => {
      if (hasBegun()) throw sentError(res, name === 'removeHeader' ? 'remove' : 'set')
      return setter.apply(res, args)
    }
  }
}

/**
 * What Node throws.
 *
 * @param {any} res
 * @param {string} what the app does with headers
 */
function sentError (res, what) {
  const code = res._implicitHeader === undefined ? 'ERR_HTTP2_HEADERS_SENT' : 'ERR_HTTP_HEADERS_SENT'
  return Object.assign(new Error(`Cannot ${what} headers after they are sent to the client`), { code })
}
