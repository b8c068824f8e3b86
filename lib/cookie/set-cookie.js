'use strict'

const { serialize } = require('cookie')
const Cookie = require('./cookie')

module.exports = { appendSetCookie, cookieText, expiredCookieText }

/**
 * Adds one `Set-Cookie` header to those that the response already has.
 *
 * @param {any} res
 * @param {string} text
 */
function appendSetCookie (res, text) {
  const previous = typeof res.getHeader === 'function' ? res.getHeader('Set-Cookie') : undefined // a mock may have none
  if (!previous) res.setHeader('Set-Cookie', [text])
  else res.setHeader('Set-Cookie', Array.isArray(previous) ? [...previous, text] : [previous, text])
}

/** Stands for the expiry in the serialized attributes that are kept. */
const HOLE = new Date(0)
const HOLE_TEXT = HOLE.toUTCString()

// The last attributes, serialized, with the last date: in one app they hardly ever differ from response to
// response, while serializing them costs 0.7 µs, of which the date is 0.4.
/** @type {any} */
let last

/**
 * The text of a `Set-Cookie` header (RFC 6265 §4.1.1).
 *
 * @param {string} name
 * @param {import('./plain-keyring').Keyring} keyring signs the id
 * @param {string} sid
 * @param {any} data the attributes, as `cookie.data` gives them
 * @param {string} [sealed] what the keyring makes of the id, where it is known
 * @throws {TypeError} what the cookie package throws at a bad name or attribute
 */
function cookieText (name, keyring, sid, data, sealed) {
  // An app may have put other accessors, a store plain JSON, in the cookie's place.
  if (!Cookie.isPlainData(data)) return serialize(name, 's:' + keyring.sign(sid), data)

  const { expires } = data
  if (last === undefined || last.name !== name || Boolean(last.data.expires) !== Boolean(expires) ||
    !Cookie.sameAttributes(last.data, data)) {
    last = serialized(name, data)
  }

  return last.before + (sealed || keyring.seal(sid)) + (expires ? withDate(last, expires) : last.after)
}

/**
 * The text that makes a client forget a cookie: it must have the attributes with which the cookie was set.
 *
 * @param {string} name
 * @param {any} data
 */
function expiredCookieText (name, data) {
  return serialize(name, '', { ...data, expires: new Date(0), maxAge: undefined, encode: undefined })
}

/**
 * @param {string} name
 * @param {any} data
 */
function serialized (name, data) {
  if (data.expires) checkDate(data.expires)
  const text = serialize(name, '', { ...data, expires: data.expires ? HOLE : undefined })
  const before = name + '='
  const attributes = text.slice(before.length)
  const hole = data.expires ? attributes.lastIndexOf(HOLE_TEXT) : attributes.length
  return {
    name,
    data: { ...data },
    before,
    after: attributes.slice(0, hole),
    afterDate: attributes.slice(hole + HOLE_TEXT.length),
    second: undefined,
    dated: undefined // the attributes with the date of that second
  }
}

/**
 * @param {any} cookie
 * @param {any} expires
 */
function withDate (cookie, expires) {
  const second = Math.floor(expires.valueOf() / 1000)
  if (second !== cookie.second || !(expires instanceof Date)) {
    checkDate(expires)
    cookie.dated = cookie.after + expires.toUTCString() + cookie.afterDate
    cookie.second = second
  }
  return cookie.dated
}

/** @param {any} expires */
function checkDate (expires) {
  if (Object.prototype.toString.call(expires) !== '[object Date]' || isNaN(expires.valueOf())) {
    throw new TypeError('option expires is invalid')
  }
}
