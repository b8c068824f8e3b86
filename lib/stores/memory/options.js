'use strict'

const { availableMemory } = require('../../util/available-memory')
const { isIllFormed } = require('../../util/text')

module.exports = { readOptions }

/**
 * Checks the options of a MemoryStore and gives them their defaults.
 *
 * @param {any} options
 * @throws {TypeError|RangeError} naming the option
 */
function readOptions (options) {
  if (options === undefined || options === null) options = {}
  if (typeof options !== 'object') throw new TypeError('options of MemoryStore must be an object')

  const { checkPeriod, dispose, noDisposeOnSet, protect, serializer, shared, stale, ttl } = options

  mustBe('dispose', dispose, 'function')
  mustBe('stale', stale, 'boolean')
  mustBe('noDisposeOnSet', noDisposeOnSet, 'boolean')
  mustBe('protect', protect, 'function')
  mustBe('shared', shared, 'string')
  if (shared != null && isIllFormed(shared)) throw new RangeError('shared option must not contain half a surrogate pair')
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
    maxBytes: bound('maxBytes', options.maxBytes, Math.floor(availableMemory() / 4)),
    ttl: ttl == null ? undefined : ttl,
    dispose: dispose == null ? undefined : dispose,
    stale: Boolean(stale),
    noDisposeOnSet: Boolean(noDisposeOnSet),
    protect: protect == null ? hasUser : protect,
    serializer: serializer == null ? JSON : serializer,
    shared: shared == null ? undefined : shared,
    explicitLimits: [options.max != null, options.maxBytes != null]
  }
}

/**
 * Whether a session says that a user has signed in, as most apps and Passport let it.
 *
 * @param {any} session
 */
function hasUser (session) {
  const { passport } = session
  return isSet(session.user) || (passport != null && isSet(passport.user))
}

/** @param {any} value */
function isSet (value) {
  return value != null && value !== false && value !== ''
}

/**
 * @param {string} name
 * @param {any} value
 * @param {string} type
 */
function mustBe (name, value, type) {
  if (value != null && typeof value !== type) {
    throw new TypeError(`${name} option must be a ${type}`)
  }
}

/**
 * @param {string} name
 * @param {any} value
 */
function number (name, value) {
  if (typeof value !== 'number') throw new TypeError(`${name} option must be a number`)
  if (Number.isNaN(value) || value < 0) throw new RangeError(`${name} option must not be negative or NaN`)
}

/**
 * A bound of the store: an integer; 0 and Infinity mean none, as in memorystore.
 *
 * @param {string} name
 * @param {any} value
 * @param {number} fallback
 */
function bound (name, value, fallback) {
  if (value == null) return fallback
  number(name, value)
  if (value === 0 || value === Infinity) return Infinity
  if (!Number.isSafeInteger(value)) throw new RangeError(`${name} option must be an integer`)
  return value
}
