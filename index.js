'use strict'

const Cookie = require('./lib/cookie/cookie')
const { mustBeNext, notARequest, notAResponse } = require('./lib/http/arguments')
const { pathMatches } = require('./lib/http/path-match')
const { native } = require('./lib/native')
const RequestContext = require('./lib/request/context')
const { generateSession } = require('./lib/request/generate')
const { insecureCookieWarning } = require('./lib/request/insecure-cookie-warning')
const readOptions = require('./lib/request/options')
const { followReadiness } = require('./lib/request/readiness')
const { contextOn } = require('./lib/session/link')
const Session = require('./lib/session/session')
const MemoryStore = require('./lib/stores/memory')
const RedisStore = require('./lib/stores/redis')
const SQLiteStore = require('./lib/stores/sqlite')
const Store = require('./lib/stores/store')
const { asError } = require('./lib/util/as-error')
const debug = require('./lib/util/debug')

// Literal assignments: Node's CommonJS lexer finds them, and `import { Store }` works.
exports = module.exports = session
exports.Store = Store
exports.Cookie = Cookie
exports.Session = Session
exports.MemoryStore = MemoryStore
exports.SQLiteStore = SQLiteStore
exports.RedisStore = RedisStore
exports.native = native

/**
 * Makes the session middleware.
 *
 * @param {any} [options] see the README and index.d.ts
 * @return {(req: any, res: any, next: (err?: any) => void) => void} middleware for Express, Connect and node:http
 * @throws {TypeError|RangeError} naming the option
 */
function session (options) {
  const config = /** @type {import('./lib/request/options').Config} */ (readOptions(options))
  const { store, openKeyring, onDisconnect, skip } = config
  const readiness = followReadiness(store)

  config.warnOfInsecureCookie = insecureCookieWarning(config)

  // Every middleware on the store assigns its own. Each finds the one that the request is in.
  store.generate = function generate (/** @type {any} */ req) {
    const context = contextOn(req, store)
    if (context !== undefined) {
      generateSession(req, context.config, context.cookieOptions)
      context.learnRevision(req.sessionID, undefined) // another session, even if it has the same id
    } else {
      generateSession(req, config, resolveCookieOptions(config.cookie, req))
    }
  }

  return function session (req, res, next) {
    mustBeNext(next)
    if (req && req.session) return next()
    const wrong = notARequest(req)
    if (wrong !== undefined) return next(wrong)
    if (skip !== undefined && skip(req, next)) return
    debug.refresh()

    if (!readiness.ready) {
      debug('store is disconnected')
      if (onDisconnect === undefined) return next()
    }

    let cookieOptions, matches, keyring
    try {
      cookieOptions = resolveCookieOptions(config.cookie, req)
      matches = pathMatches(req, cookieOptions.path || '/')
      keyring = matches ? openKeyring(req) : undefined
    } catch (err) {
      return next(asError(err))
    }

    if (!matches) {
      debug('pathname mismatch')
      return next()
    }
    if (!readiness.ready && onDisconnect !== undefined) return onDisconnect(req, res, next)
    if (keyring === undefined) return next(new Error('secret option required for sessions'))

    const fault = notAResponse(res)
    if (fault !== undefined) return next(fault)

    new RequestContext(config, req, res, next, cookieOptions, keyring).open()
  }
}

/**
 * @param {any} cookie
 * @param {any} req
 */
function resolveCookieOptions (cookie, req) {
  if (typeof cookie !== 'function') return cookie

  const options = cookie(req)
  if (options === null || typeof options !== 'object') {
    throw new TypeError('cookie option function must return an object')
  }
  return options
}
