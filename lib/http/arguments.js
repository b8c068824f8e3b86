'use strict'

const { typeName } = require('../util/type-name')

module.exports = { mustBeNext, notARequest, notAResponse }

/**
 * What is wrong with the first argument of the middleware, or undefined.
 *
 * @param {any} req
 */
function notARequest (req) {
  if (isObject(req) && isObject(req.headers)) return undefined
  return new TypeError(`the session middleware needs a request with headers, as node:http makes them; its first argument is ${typeName(req)}`)
}

/**
 * What is wrong with its second, or undefined. For the handshake of a socket it may be any object.
 *
 * @param {any} res
 */
function notAResponse (res) {
  if (isObject(res) || typeof res === 'function') return undefined
  return new TypeError(`the session middleware needs a response, as node:http makes them; its second argument is ${typeName(res)}`)
}

/**
 * @param {any} next
 * @throws {TypeError} now; otherwise the store's callback would throw, with nobody to catch it
 */
function mustBeNext (next) {
  if (typeof next !== 'function') throw new TypeError(`the session middleware needs next, a function; its third argument is ${typeName(next)}`)
}

/** @param {any} value */
function isObject (value) {
  return typeof value === 'object' && value !== null
}
