'use strict'

const { createHmac, timingSafeEqual } = require('crypto')
const Opened = require('./opened')
const { keyBytes } = require('./secrets')
const { isLatin1 } = require('../util/text')

/** @typedef {Pick<PlainKeyring, 'open'|'sign'|'unsign'|'seal'>} Keyring what a request and an engine ask of one */

/** How many cookies of one name are tried: a client may hold stale ones of other paths and domains. */
const COOKIES_TRIED = 8
/** What stands before the signed id in a cookie's value. */
const SIGNED = 's:'
/** The characters of a signature: an HMAC-SHA256 in Base64 without padding. */
const SIGNATURE_LENGTH = 43
/** What is compared where the client sent no signature, so that it takes as long. */
const NO_SIGNATURE = Buffer.alloc(SIGNATURE_LENGTH)

/**
 * What keyring.js does in Rust, in JavaScript. Nothing that it returns is a slice of a `Cookie` header: a slice keeps
 * the whole header alive, and an id is kept for as long as its session.
 */
class PlainKeyring {
  #name
  #keys

  /**
   * @param {string} name of the cookie
   * @param {any[]} secrets strings, Buffers, TypedArrays, DataViews, ArrayBuffers or KeyObjects; the first signs, all
   *   verify
   * @throws what `crypto.createHmac` throws at such a key
   */
  constructor (name, secrets) {
    this.#name = name
    this.#keys = secrets.map(secret => Buffer.from(keyBytes(secret))) // a copy: an app may change its own bytes
  }

  /**
   * Finds the named cookies in a `Cookie` header and verifies their signatures.
   *
   * @param {string} header
   * @return {Opened|undefined} the first that is valid
   */
  open (header) {
    let tried = 0
    for (const raw of cookieValues(wellFormed(header), this.#name)) {
      if (tried++ === COOKIES_TRIED) break
      const text = decoded(raw)
      if (!text.startsWith(SIGNED)) continue
      const signed = this.#verify(text.slice(SIGNED.length))
      if (signed === undefined) continue

      const { value, byFirst } = signed
      const isSealed = byFirst && encodeURIComponent(text) === raw
      return new Opened(copy(value), isSealed ? copy(raw) : undefined)
    }
    return undefined
  }

  /**
   * `value.signature`.
   *
   * @param {string} value
   */
  sign (value) {
    return `${value}.${signatureOf(value, this.#keys[0])}`
  }

  /**
   * The value in `value.signature`, or undefined.
   *
   * @param {string} signed
   */
  unsign (signed) {
    const verified = this.#verify(signed)
    return verified && copy(verified.value)
  }

  /**
   * The cookie value for a session id: `s:` + id + `.` + signature, URI-encoded.
   *
   * @param {string} sid
   * @throws {URIError} half a surrogate pair in the id
   */
  seal (sid) {
    return encodeURIComponent(SIGNED + this.sign(sid))
  }

  /**
   * The value in `value.signature`, and whether the first key has signed it; undefined where none has. Every key is
   * tried, so that a wrong signature costs the same wherever it is wrong.
   *
   * @param {string} signed
   */
  #verify (signed) {
    const dot = signed.lastIndexOf('.')
    if (dot < 0) return undefined

    const value = signed.slice(0, dot)
    const signature = Buffer.from(signed.slice(dot + 1))
    const hasLength = signature.length === SIGNATURE_LENGTH
    const given = hasLength ? signature : NO_SIGNATURE
    let byAny = false
    let byFirst = false
    for (const [at, key] of this.#keys.entries()) {
      const isSame = timingSafeEqual(Buffer.from(signatureOf(value, key)), given)
      byAny = byAny || isSame
      byFirst = byFirst || (isSame && at === 0)
    }
    return hasLength && byAny ? { value, byFirst } : undefined
  }
}

/**
 * @param {string} value
 * @param {Uint8Array} key
 */
function signatureOf (value, key) {
  return createHmac('sha256', key).update(value).digest('base64').slice(0, SIGNATURE_LENGTH)
}

/**
 * The values of the cookies called `name`, read as the npm package `cookie` 0.7 reads them, but with all of one name.
 *
 * @param {string} header
 * @param {string} name
 */
function * cookieValues (header, name) {
  let equals = -1
  for (let start = 0, end; start <= header.length; start = end + 1) {
    end = header.indexOf(';', start)
    if (end < 0) end = header.length
    if (equals < start) equals = header.indexOf('=', start)
    if (equals < 0) return
    if (equals < end && trimmed(header.slice(start, equals)) === name) {
      yield unquoted(trimmed(header.slice(equals + 1, end)))
    }
  }
}

/**
 * Without the spaces and tabs around it: RFC 6265 knows no other white space here.
 *
 * @param {string} text
 */
function trimmed (text) {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

/** @param {number} code */
function isBlank (code) {
  return code === 0x20 || code === 0x09
}

/** @param {string} text */
function unquoted (text) {
  return text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text
}

/**
 * Percent-decoded, as a whole or not at all.
 *
 * @param {string} text
 */
function decoded (text) {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/**
 * With U+FFFD for each half of a surrogate pair: a signature is made of UTF-8.
 *
 * @param {string} text
 */
function wellFormed (text) {
  return /[\ud800-\udfff]/.test(text) ? Buffer.from(text).toString() : text
}

/**
 * The same characters, in a string that keeps no other one alive.
 *
 * @param {string} text
 */
function copy (text) {
  const encoding = isLatin1(text) ? 'latin1' : 'utf16le'
  return Buffer.from(text, encoding).toString(encoding)
}

module.exports = PlainKeyring
