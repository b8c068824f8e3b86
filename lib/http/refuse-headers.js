'use strict'

module.exports = { refuseHeaders, sentError }

/** What Node refuses once the headers are sent. */
const SETTERS = ['setHeader', 'setHeaders', 'appendHeader', 'removeHeader']

/**
 * @typedef {object} Refusal
 * @property {any} res
 * @property {() => boolean} hasBegun
 * @property {PropertyDescriptor|undefined} sent its own `headersSent` before
 * @property {Refusal|undefined} outer of another session that holds the response
 */

/** Where a response has its {@link Refusal}. A WeakMap would not find it for a proxy, or an object that inherits from the response. */
const REFUSAL = Symbol('refusal')

/** One getter for all responses: V8 keeps a pair of accessors, and what it can reach, among old objects. */
const HEADERS_SENT = { configurable: true, get: headersSent }

/**
 * Has a response behave to the app as Node's does once its headers are sent, although they are not.
 *
 * @param {any} res
 * @param {() => boolean} hasBegun whether it does so now
 */
function refuseHeaders (res, hasBegun) {
  const own = Object.getOwnPropertyDescriptor(res, 'headersSent')
  const outer = own !== undefined && own.get === headersSent ? res[REFUSAL] : undefined
  /** @type {Refusal} */
  const refusal = { res, hasBegun, sent: outer === undefined ? own : outer.sent, outer }
  Object.defineProperty(res, REFUSAL, { configurable: true, value: refusal, writable: true })
  Object.defineProperty(res, 'headersSent', HEADERS_SENT)

  for (const name of SETTERS) {
    const setter = res[name]
    if (typeof setter !== 'function') continue
    const refusing = (/** @type {any[]} */ ...args) => {
      if (hasBegun()) throw sentError(res, name === 'removeHeader' ? 'remove' : 'set')
      return setter.apply(res, args)
    }
    res[name] = refusing
  }
}

/** @this {any} a response */
function headersSent () {
  const { [REFUSAL]: refusal } = this
  for (let one = refusal; one !== undefined; one = one.outer) {
    if (one.hasBegun()) return true
  }
  const { res, sent } = refusal || { res: this, sent: undefined } // somebody has copied the getter
  if (sent === undefined) return Reflect.get(Object.getPrototypeOf(res), 'headersSent', this)
  return sent.get ? sent.get.call(this) : sent.value
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
