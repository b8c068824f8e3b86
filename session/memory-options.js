'use strict'

const os = require('os')

/** Milliseconds that a session without an expiry lives after its last touch: one day. */
const DEFAULT_TTL = 24 * 60 * 60 * 1000

/**
 * Checks the options of a MemoryStore and gives them their defaults.
 *
 * @throws {TypeError|RangeError} naming the option
 */
function readOptions (options) {
  if (options === undefined || options === null) options = {}
  if (typeof options !== 'object') throw new TypeError('options of MemoryStore must be an object')

  const { checkPeriod, dispose, noDisposeOnSet, serializer, shared, stale, ttl } = options

  mustBe('dispose', dispose, 'function')
  mustBe('stale', stale, 'boolean')
  mustBe('noDisposeOnSet', noDisposeOnSet, 'boolean')
  mustBe('shared', shared, 'string')
  if (shared === '') throw new RangeError('shared option must not be empty')

  if (checkPeriod != null && checkPeriod !== false) number('checkPeriod', checkPeriod)
  if (ttl != null && typeof ttl !== 'function') {
    number('ttl', ttl)
    if (!(ttl > 0)) throw new RangeError('ttl option must be greater than 0 milliseconds')
  }
  if (serializer != null && !(typeof serializer.parse === 'function' && typeof serializer.stringify === 'function')) {
    throw new TypeError('serializer option must have the functions parse and stringify')
  }

  return {
    checkPeriod: checkPeriod == null || checkPeriod === false ? undefined : checkPeriod,
    max: bound('max', options.max, Infinity),
    maxBytes: bound('maxBytes', options.maxBytes, quarterOfMemory()),
    ttl: ttl == null ? undefined : ttl,
    dispose: dispose == null ? undefined : dispose,
    stale: Boolean(stale),
    noDisposeOnSet: Boolean(noDisposeOnSet),
    serializer: serializer == null ? JSON : serializer,
    shared: shared == null ? undefined : shared,
    explicitLimits: [options.max != null, options.maxBytes != null]
  }
}

function mustBe (name, value, type) {
  if (value != null && typeof value !== type) {
    throw new TypeError(`${name} option must be a ${type}`)
  }
}

function number (name, value) {
  if (typeof value !== 'number') throw new TypeError(`${name} option must be a number`)
  if (Number.isNaN(value) || value < 0) throw new RangeError(`${name} option must not be negative or NaN`)
}

/** A bound of the store: an integer; 0 and Infinity mean none, as in memorystore. */
function bound (name, value, fallback) {
  if (value == null) return fallback
  number(name, value)
  if (value === 0 || value === Infinity) return Infinity
  if (!Number.isSafeInteger(value)) throw new RangeError(`${name} option must be an integer`)
  return value
}

/** A quarter of what the process may use: of its container's limit where there is one, else of the machine. */
function quarterOfMemory () {
  const machine = os.totalmem()
  // Without a limit it is 0, undefined, or larger than any machine.
  const limit = typeof process.constrainedMemory === 'function' ? process.constrainedMemory() : 0
  return Math.floor((limit > 0 && limit < machine ? limit : machine) / 4)
}

/**
 * When a session expires, in milliseconds since the epoch: at its cookie's expiry, or when the ttl option
 * is up, whichever is first.
 *
 * @throws {TypeError} when a ttl function gives no number, and whatever it throws
 */
function deadline (options, session, sid, now) {
  const { ttl } = options
  if (ttl === undefined) return cookieExpiry(session.cookie, now, now + DEFAULT_TTL)

  const ms = typeof ttl === 'function' ? ttl(options, session, sid) : ttl
  if (typeof ms !== 'number' || Number.isNaN(ms)) {
    throw new TypeError('ttl option must return a number of milliseconds')
  }
  return Math.min(now + ms, cookieExpiry(session.cookie, now, Infinity))
}

/**
 * The expiry of a cookie, or of the plain object that an app stores as one, in milliseconds since the
 * epoch; `none` when it has none.
 */
function cookieExpiry (cookie, now, none) {
  if (!cookie) return none
  const { expires } = cookie
  if (expires) {
    const moment = new Date(expires).getTime()
    if (!Number.isNaN(moment)) return moment
  } else if (typeof cookie.maxAge === 'number' && cookie.maxAge > 0) {
    return now + cookie.maxAge
  }
  return none
}

module.exports = { deadline, readOptions, DEFAULT_TTL }
