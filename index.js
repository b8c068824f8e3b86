'use strict'

const debug = require('./session/debug')
const { contextOn } = require('./session/context')
const Cookie = require('./session/cookie')
const { generateSession } = require('./session/generate')
const MemoryStore = require('./session/memory')
const readOptions = require('./session/options')
const { pathMatches } = require('./session/pathname')
const { followReadiness } = require('./session/readiness')
const RequestContext = require('./session/request')
const Session = require('./session/session')
const Store = require('./session/store')
const { withheldCookieWarning } = require('./session/withheld-cookie')

// Literal assignments: Node's CommonJS lexer finds them, and `import { Store }` works.
exports = module.exports = session
exports.Store = Store
exports.Cookie = Cookie
exports.Session = Session
exports.MemoryStore = MemoryStore

/**
 * Makes the session middleware.
 *
 * @param {object} [options] see the README and index.d.ts
 * @return {function(object, object, function)} middleware for Express, Connect and node:http
 * @throws {TypeError|RangeError} naming the option
 */
function session (options) {
  const middleware = readOptions(options)
  const { store, openKeyring } = middleware
  const readiness = followReadiness(store)

  middleware.warnOfWithheldCookie = withheldCookieWarning(middleware)

  // Every middleware on the store assigns its own; each finds the one that the request is in.
  store.generate = function generate (req) {
    const context = contextOn(req, store)
    if (context !== undefined) {
      generateSession(req, context.middleware, context.cookieOptions)
      context.knowsLife(req.sessionID, -1) // another session, even if it has the same id
    } else {
      generateSession(req, middleware, resolveCookieOptions(middleware.cookie, req))
    }
  }

  return function session (req, res, next) {
    if (req.session) return next()
    debug.refresh()

    if (!readiness.ready) {
      debug('store is disconnected')
      return next()
    }

    let cookieOptions, matches, keyring
    try {
      cookieOptions = resolveCookieOptions(middleware.cookie, req)
      matches = pathMatches(req, cookieOptions.path || '/')
      keyring = matches ? openKeyring(req) : undefined
    } catch (err) {
      return next(err)
    }

    if (!matches) {
      debug('pathname mismatch')
      return next()
    }
    if (keyring === undefined) return next(new Error('secret option required for sessions'))

    new RequestContext(middleware, req, res, next, cookieOptions, keyring).open()
  }
}

function resolveCookieOptions (cookie, req) {
  if (typeof cookie !== 'function') return cookie

  const options = cookie(req)
  if (options === null || typeof options !== 'object') {
    throw new TypeError('cookie option function must return an object')
  }
  return options
}
