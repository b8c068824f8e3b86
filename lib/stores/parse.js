'use strict'

module.exports = { isPromise, parse, whenParsed }

/** @typedef {import('./engine').Serializer} Serializer */

/**
 * What a serializer makes of a stored text.
 *
 * @param {Serializer} serializer
 * @param {string} text
 * @param {string} [origin] said of a text that is not JSON
 * @throws {SyntaxError} without the text, which JSON's own would quote; other serializers' errors as they are
 */
function parse (serializer, text, origin) {
  if (serializer !== JSON) return serializer.parse(text)
  try {
    return JSON.parse(text)
  } catch {
    throw new SyntaxError(`the text stored for the session is not JSON${origin === undefined ? '' : `. ${origin}`}`)
  }
}

/**
 * Does something with what a serializer has made: later, when `parse` gave a promise, as connect-redis takes it.
 *
 * @param {any} session
 * @param {(session: any) => any} next
 * @return {any} what `next` gives, or a promise of it
 */
function whenParsed (session, next) {
  return isPromise(session) ? Promise.resolve(session).then(next) : next(session)
}

/** @param {any} value */
function isPromise (value) {
  return typeof value === 'object' && value !== null && typeof value.then === 'function'
}
