'use strict'

const { slackOf } = require('./handover')

module.exports = { cookieExpiry, deadlineOf }

/** Milliseconds that a session without an expiry lives after its last touch: one day. */
const DEFAULT_TTL = 24 * 60 * 60 * 1000

/**
 * When a session expires, in milliseconds since the epoch: at its cookie's expiry, or when the ttl option is up,
 * whichever is first.
 *
 * @param {import('./engine').Options} options
 * @param {any} session
 * @param {string} sid
 * @param {number} now
 * @throws {TypeError} a ttl function gives no number; and whatever it throws
 */
function deadlineOf (options, session, sid, now) {
  const { deadlineOf, ttl } = options
  if (deadlineOf !== undefined) return deadlineOf(session, now)
  if (ttl === undefined) return cookieExpiry(session.cookie, now, now + DEFAULT_TTL)

  const ms = typeof ttl === 'function' ? ttl(options, session, sid) : ttl
  if (typeof ms !== 'number' || Number.isNaN(ms)) {
    throw new TypeError('ttl option must return a number of milliseconds')
  }
  return Math.min(now + ms + slackOf(session), cookieExpiry(session.cookie, now, Infinity))
}

/**
 * The expiry of a cookie, or of the plain object that an app stores as one; `none` when it has none.
 *
 * @param {any} cookie
 * @param {number} now
 * @param {number} none
 */
function cookieExpiry (cookie, now, none) {
  if (!cookie) return none
  const { expires } = cookie
  if (expires) {
    const moment = expires instanceof Date ? expires.getTime() : new Date(expires).getTime()
    if (!Number.isNaN(moment)) return moment
  } else if (typeof cookie.maxAge === 'number' && cookie.maxAge > 0) {
    return now + cookie.maxAge
  }
  return none
}
