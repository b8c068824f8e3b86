'use strict'

const EventEmitter = require('events')
const { inherits } = require('util')
const Cookie = require('../cookie/cookie')
const Session = require('../session/session')
const { failure } = require('../util/as-error')
const { ask } = require('../util/ask')

module.exports = Store

/** Where a store says what to do about values that no session middleware has written. */
const ORIGIN = Store.ORIGIN = Symbol('express-session-native.origin')

/**
 * What session stores inherit. A constructor function without state of its own: some stores call it
 * on their own object, others never call it.
 *
 * A store may have `sessionDefaults`, an object: the `touchAfter` and `onDisconnect` of the middlewares on it that are not
 * given any. Not in upstream.
 */
function Store () {
  EventEmitter.call(/** @type {any} */ (this))
}

inherits(Store, EventEmitter)

/**
 * Destroys the session of `req` and gives it a new one.
 *
 * @param {any} req
 * @param {(err?: any) => void} callback
 * @this {any}
 */
Store.prototype.regenerate = function regenerate (req, callback) {
  const store = this

  ask((/** @type {any} */ err) => {
    store.generate(req)
    callback(err)
  }, done => this.destroy(req.sessionID, done))
}

/**
 * Gives the session with the id `sid`, outside any request.
 *
 * @param {string} sid
 * @param {(err?: any, session?: any) => void} callback
 * @this {any}
 */
Store.prototype.load = function load (sid, callback) {
  const store = this

  ask((/** @type {any} */ err, /** @type {any} */ data) => {
    if (err) return callback(err)
    if (!data) return callback()
    let session
    try {
      session = store.createSession({ sessionID: sid, sessionStore: store }, data)
    } catch (err) {
      return callback(failure(err))
    }
    callback(null, session)
  }, done => this.get(sid, done))
}

/**
 * Makes `req.session` from what the store holds.
 *
 * @param {any} req
 * @param {any} data as `get` gave it; its `cookie` becomes a Cookie
 * @return {Session}
 * @this {any}
 */
Store.prototype.createSession = function createSession (req, data) {
  if (data.cookie == null && this[ORIGIN] !== undefined) {
    throw new TypeError(`the session that is stored has no cookie. ${this[ORIGIN]}`)
  }
  const expires = data.cookie.expires
  const originalMaxAge = data.cookie.originalMaxAge

  data.cookie = new Cookie(data.cookie)

  if (typeof expires === 'string') {
    data.cookie.expires = new Date(expires)
  }

  // Setting expires has changed it.
  data.cookie.originalMaxAge = originalMaxAge

  req.session = new Session(req, data)
  return req.session
}
