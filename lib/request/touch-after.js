'use strict'

const Cookie = require('../cookie/cookie')
const { setSlack } = require('../stores/handover')
const { engineIn, isOurs } = require('../stores/store-engine')
const { storeDefault } = require('./store-defaults')

module.exports = { touchAfterOption }

/*
 * The touchAfter option: a session that is only read is touched once in a while, not at every request.
 *
 * What is stored expires later than the client is told, by the slack. While the stored expiry still covers what this
 * request promises the client, nothing has to be touched. Nothing but the stored cookie is needed to tell. Whatever slack
 * the process that wrote it has, even none, nobody is logged out early.
 */

/** The slack is at most this share of the lifetime. */
const MOST = 0.5
/** How many touches are remembered for a store that does not show them. One takes about 150 bytes. */
const REMEMBERED = 20_000

/**
 * @param {any} option
 * @param {any} store
 * @throws {TypeError|RangeError}
 * @return {TouchAfter|undefined} undefined: touch at every request
 */
function touchAfterOption (option, store) {
  const [value, name] = storeDefault('touchAfter', option, store)
  if (value === undefined || value === null || value === false || value === 0) return undefined
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number or false`)
  if (!(value > 0 && value < MOST) && !(value >= 1 && value < Infinity)) {
    throw new RangeError(`${name} must be a number of milliseconds from 1, or a share of the lifetime between 0 and ${MOST}`)
  }

  const engine = isOurs(store) ? engineIn(store) : undefined
  const ttl = engine === undefined ? undefined : engine.options.ttl
  if (typeof ttl === 'function') {
    if (option === undefined) return undefined
    throw new TypeError('touchAfter option has no meaning with a store whose ttl option is a function')
  }
  const idle = engine === undefined ? undefined : engine.options.idle
  return new TouchAfter(value, ttl === undefined ? Infinity : ttl, idle || 0, !isOurs(store))
}

/** @typedef {{deadline: number, shown: number, attributes: any}} Stored what a store has of a cookie: when it expires, what its
 *   cookie says of that, and the other attributes */

class TouchAfter {
  /** @type {Map<string, {was: number, deadline: number}>} */
  #touches = new Map()

  /**
   * @param {number} amount as the option has it
   * @param {number} ttl the store's own limit in ms
   * @param {number} idle lifetime in ms of a session whose cookie has no expiry; 0 to touch it at every request
   * @param {boolean} remembers the store may not show a touch: many change a deadline beside the session, not its cookie
   */
  constructor (amount, ttl, idle, remembers) {
    this.amount = amount
    this.ttl = ttl
    this.idle = idle
    this.remembers = remembers
  }

  /**
   * How much later than the client is told a session with this cookie expires, in ms. 0 without a lifetime.
   *
   * @param {any} cookie
   */
  slackOf (cookie) {
    const lifetime = this.lifetimeOf(cookie)
    return Math.floor(this.amount < 1 ? this.amount * lifetime : Math.min(this.amount, MOST * lifetime))
  }

  /** @param {any} cookie */
  lifetimeOf (cookie) {
    if (!cookie.expires && typeof cookie.maxAge !== 'number') return this.idle
    const lifetime = Math.min(cookie.originalMaxAge, this.ttl)
    return typeof cookie.originalMaxAge === 'number' && lifetime > 0 && !Number.isNaN(expiryOf(cookie)) ? lifetime : 0
  }

  /**
   * The request has a session from the store: its cookie gets the expiry that the client knows.
   *
   * @param {import('./context')} context
   */
  loaded (context) {
    const { sessionID: sid, session: { cookie } } = context.req
    const stored = storedOf(cookie)
    context.stored = stored
    if (stored === undefined) return

    const touch = this.#touches.get(sid)
    const slack = this.slackOf(cookie)
    setExpiry(cookie, stored.deadline - slack)
    if (touch === undefined) return
    if (touch.was === stored.deadline) stored.deadline = touch.deadline
    else this.#touches.delete(sid) // the session was saved, or the touch shows
  }

  /**
   * Whether the store has to be told of what this request promises the client.
   *
   * @param {import('./context')} context
   * @param {any} session touched
   */
  isDue ({ stored }, session) {
    const { cookie } = session
    const slack = this.slackOf(cookie)
    if (stored === undefined || slack === 0) return true
    const promised = expiryOf(cookie)
    // A stored expiry after `latest` is too late: the clock or the lifetime has changed. With `remembers`, another process
    // may have a larger slack and may not see this touch. Its later expiry is accepted, so that this touch does not end the
    // session earlier.
    const latest = promised + (this.remembers ? MOST * cookie.originalMaxAge : slack)
    return stored.deadline < promised || stored.deadline > latest || !sameAttributes(stored.attributes, cookie)
  }

  /**
   * A session as it is stored: a copy whose cookie has the slack.
   *
   * @param {any} session
   */
  toStore (session) {
    const { cookie } = session
    const slack = cookie ? this.slackOf(cookie) : 0
    if (slack === 0) return session

    const copy = copyOf(session)
    setSlack(copy, slack)
    const expiry = expiryOf(cookie)
    if (Number.isNaN(expiry)) return copy
    copy.cookie = copyOf(cookie)
    setExpiry(copy.cookie, expiry + slack)
    return copy
  }

  /**
   * What `session.save` stores, and whom it tells: a session that is saved counts as touched.
   *
   * @param {import('./context')} context
   * @param {any} session
   * @param {(err?: any) => void} [callback]
   * @return {[any, (err?: any) => void]}
   */
  saving (context, session, callback) {
    if (context.isRunning && context.req.session === session) session.touch()
    const saved = this.toStore(session)
    return [saved, (/** @type {any[]} */ ...args) => {
      if (!args[0]) context.stored = storedOf(saved.cookie)
      if (callback) callback(...args)
    }]
  }

  /**
   * Touches through the store.
   *
   * @param {import('./context')} context
   * @param {(err?: any) => void} done
   */
  touch ({ store, stored, req }, done) {
    const { sessionID: sid, session } = req
    const touched = this.toStore(session)
    store.touch(sid, touched, (/** @type {any[]} */ ...args) => {
      if (this.remembers && !args[0] && stored !== undefined && touched !== session) {
        this.remember(sid, stored.shown, expiryOf(touched.cookie))
      }
      done(...args)
    })
  }

  /**
   * @param {string} sid
   * @param {number} was the expiry that the store shows
   * @param {number} deadline the one that it has
   */
  remember (sid, was, deadline) {
    const touches = this.#touches
    touches.delete(sid) // the newest comes last
    touches.set(sid, { was, deadline })
    if (touches.size > REMEMBERED) touches.delete(/** @type {string} */ (touches.keys().next().value))
  }
}

/**
 * What a store has of a cookie; undefined for a cookie without an expiry.
 *
 * @param {any} cookie
 */
function storedOf (cookie) {
  const shown = cookie ? expiryOf(cookie) : NaN
  return Number.isNaN(shown) ? undefined : { deadline: shown, shown, attributes: attributesOf(cookie) }
}

/** @param {any} cookie */
function expiryOf ({ expires }) {
  return expires instanceof Date ? expires.getTime() : NaN
}

/**
 * Sets an expiry, and leaves the lifetime.
 *
 * @param {any} cookie
 * @param {number} moment
 */
function setExpiry (cookie, moment) {
  const { originalMaxAge } = cookie
  Cookie.setExpires(cookie, new Date(moment), originalMaxAge)
  cookie.originalMaxAge = originalMaxAge
}

/** @param {any} cookie */
function attributesOf (cookie) {
  return { ...(cookie.data || cookie) }
}

/**
 * @param {any} attributes
 * @param {any} cookie
 */
function sameAttributes (attributes, cookie) {
  const now = attributesOf(cookie)
  return attributes.originalMaxAge === now.originalMaxAge && Cookie.sameAttributes(attributes, now)
}

/** @param {any} object */
function copyOf (object) {
  return Object.create(Object.getPrototypeOf(object), Object.getOwnPropertyDescriptors(object))
}
