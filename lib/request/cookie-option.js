'use strict'

const Cookie = require('../cookie/cookie')
const { now } = require('../util/clock')

module.exports = { cookieOption }

/**
 * Makes and serializes a cookie as the first request will, so that a wrong option throws now.
 *
 * @param {string} name
 * @param {any} options
 * @throws {TypeError|RangeError} with upstream's text where upstream has one, which it says at every request
 */
function cookieOption (name, options) {
  if (!options || typeof options === 'function') {
    new Cookie().serialize(name, '')
    return options || {}
  }

  /** @type {any} */
  const cookie = new Cookie(options)
  if (cookie.secure === 'auto') cookie.secure = true
  if (cookie.sameSite === 'auto') cookie.sameSite = 'lax'
  for (const key of ['originalMaxAge', 'maxAge', 'expires']) checkLifetime(key, options[key])
  for (const key of ['domain', 'path']) checkText(key, options[key])
  cookie.expires = null // checked above; upstream takes a number for it, and makes a Date of it before it is written
  cookie.serialize(name, '')
  return options
}

/**
 * Upstream takes milliseconds or a Date for each of these, and what is falsy for none.
 *
 * @param {string} key
 * @param {any} value
 */
function checkLifetime (key, value) {
  if (typeof value === 'number') {
    if (Number.isNaN(new Date(now() + value).getTime())) {
      throw new RangeError(`cookie.${key} option must be a number of milliseconds that leads to a valid date`)
    }
  } else if (value instanceof Date) {
    // An app may set a right `expires` later. Until then each request says so, as upstream's own test wants it.
    if (Number.isNaN(value.getTime()) && key !== 'expires') throw new RangeError(`cookie.${key} option must be a valid Date`)
  } else if (value) {
    throw new TypeError(`cookie.${key} option must be a ${key === 'expires' ? 'Date' : 'number of milliseconds'}`)
  }
}

/**
 * The cookie package would convert the value to a string. Its error does not name the option.
 *
 * @param {string} key
 * @param {any} value
 */
function checkText (key, value) {
  try {
    RegExp.prototype.test.call(/./, value || '')
  } catch {
    throw new TypeError(`cookie.${key} option must be a string`)
  }
}
