'use strict'

const { isIllFormed } = require('../../util/text')
const { cookieExpiry } = require('../deadline')
const { slackOf } = require('../handover')
const { remedy } = require('./errors')

module.exports = { readOptions }

/** connect-redis's defaults. */
const PREFIX = 'sess:'
const TTL = 86400
const SCAN_COUNT = 100
/** How long a caller waits for Redis, in milliseconds. */
const STORE_TIMEOUT = 5000
/** Bytes of the near cache, and milliseconds of its lease. */
const NEAR_BYTES = 64 * 1024 * 1024
const LEASE = 1000
const SHORTEST_LEASE = 100
const LONGEST_LEASE = 60_000
const LONGEST_TIMEOUT = 2 ** 31 - 1

/**
 * @typedef {import('../engine').Options & {
 *   prefix: string, scanCount: number, disableTTL: boolean, disableTouch: boolean, storeTimeout: number,
 *   nearCache: import('./near').NearOptions|undefined, seconds: number|Function, deadlineOf: (session: any, now: number) => number, origin: string,
 *   slackOf: (session: any) => number
 * }} RedisOptions
 */

/**
 * Checks the options of a RedisStore and gives them their defaults.
 *
 * @param {any} options
 * @return {RedisOptions}
 * @throws {TypeError|RangeError} naming the option
 */
function readOptions (options) {
  if (options === undefined || options === null || typeof options !== 'object') {
    throw new TypeError('options of RedisStore must be an object with a client')
  }
  const { disableTouch, disableTTL, prefix, scanCount, serializer, storeTimeout, ttl } = options

  mustBe('prefix', prefix, 'string')
  if (prefix != null && isIllFormed(prefix)) throw new RangeError('prefix option must not contain half a surrogate pair')
  mustBe('disableTTL', disableTTL, 'boolean')
  mustBe('disableTouch', disableTouch, 'boolean')
  if (serializer != null && !(typeof serializer.parse === 'function' && typeof serializer.stringify === 'function')) {
    throw new TypeError('serializer option must have the functions parse and stringify')
  }

  const seconds = ttlOption(ttl)
  const withoutTTL = Boolean(disableTTL)
  return {
    prefix: prefix == null ? PREFIX : prefix,
    scanCount: scanCountOption(scanCount),
    serializer: serializer == null ? JSON : serializer,
    disableTTL: withoutTTL,
    disableTouch: Boolean(disableTouch),
    storeTimeout: storeTimeoutOption(storeTimeout),
    seconds,
    // A number is no limit to the lifetime of a cookie that has one.
    ttl: typeof seconds === 'function' ? seconds : undefined,
    nearCache: nearCacheOption(options.nearCache),
    slackOf,
    deadlineOf: (session, now) => deadlineOf(seconds, withoutTTL, session, now),
    origin: remedy(prefix == null ? PREFIX : prefix),
    dispose: undefined,
    noDisposeOnSet: false,
    checkPeriod: undefined,
    shared: undefined,
    protect: undefined
  }
}

/**
 * connect-redis's rule: a function decides; else the cookie's expiry; else the ttl in seconds.
 *
 * @param {number|Function} seconds
 * @param {boolean} withoutTTL
 * @param {any} session
 * @param {number} now
 * @throws {TypeError} a ttl function gives no number; and whatever it throws
 */
function deadlineOf (seconds, withoutTTL, session, now) {
  let deadline
  if (typeof seconds === 'function') {
    const given = seconds(session)
    if (typeof given !== 'number' || Number.isNaN(given)) throw new TypeError('ttl option must return a number of seconds')
    deadline = now + given * 1000
  } else {
    deadline = cookieExpiry(session.cookie, now, now + seconds * 1000 + slackOf(session))
  }
  return withoutTTL && deadline > now ? Infinity : deadline
}

/** @param {any} ttl */
function ttlOption (ttl) {
  if (ttl == null || ttl === 0) return TTL // connect-redis takes 0 so
  if (typeof ttl === 'function') return ttl
  if (typeof ttl !== 'number') throw new TypeError('ttl option must be a number of seconds or a function')
  if (!(ttl > 0 && ttl < Infinity)) throw new RangeError('ttl option must be greater than 0 seconds, and finite')
  return ttl
}

/** @param {any} count */
function scanCountOption (count) {
  if (count == null || count === 0) return SCAN_COUNT
  if (typeof count !== 'number') throw new TypeError('scanCount option must be a number')
  if (!Number.isSafeInteger(count) || count < 1) throw new RangeError('scanCount option must be an integer from 1')
  return count
}

/**
 * @param {any} given
 * @return {import('./near').NearOptions|undefined}
 */
function nearCacheOption (given) {
  if (given == null || given === false) return undefined
  if (given !== true && typeof given !== 'object') throw new TypeError('nearCache option must be true, false or an object')
  const { lease = LEASE, max = Infinity, maxBytes = NEAR_BYTES } = given === true ? {} : given
  for (const [name, value] of /** @type {[string, any][]} */ (Object.entries({ max, maxBytes }))) {
    if (typeof value !== 'number') throw new TypeError(`nearCache.${name} option must be a number`)
    if (!(value === Infinity || (Number.isSafeInteger(value) && value > 0))) {
      throw new RangeError(`nearCache.${name} option must be an integer from 1, or Infinity`)
    }
  }
  if (typeof lease !== 'number') throw new TypeError('nearCache.lease option must be a number of milliseconds')
  if (!(lease >= SHORTEST_LEASE && lease <= LONGEST_LEASE)) {
    throw new RangeError(`nearCache.lease option must be from ${SHORTEST_LEASE} to ${LONGEST_LEASE} milliseconds`)
  }
  return { lease, max, maxBytes }
}

/** @param {any} ms */
function storeTimeoutOption (ms) {
  if (ms == null) return STORE_TIMEOUT
  if (ms === false) return 0
  if (typeof ms !== 'number') throw new TypeError('storeTimeout option must be a number of milliseconds or false')
  if (!(ms >= 1 && ms <= LONGEST_TIMEOUT)) throw new RangeError('storeTimeout option must be from 1 to 2147483647 milliseconds')
  return ms
}

/**
 * @param {string} name
 * @param {any} value
 * @param {string} type
 */
function mustBe (name, value, type) {
  if (value != null && typeof value !== type) throw new TypeError(`${name} option must be a ${type}`)
}
