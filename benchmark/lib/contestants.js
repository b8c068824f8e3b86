'use strict'

const { settleShapes } = require('../../session/shape')
const { asyncStore } = require('./async-store')
const { COOKIE, SECRET, USER } = require('./sample')

/*
 * The middlewares that are compared, by name.
 */

module.exports = { configured, installAsExpressSession, makeMiddleware, makeStore, native, upstream }

function makeMiddleware (name, store = makeStore(name)) {
  switch (name) {
    case 'none': return noSession
    case 'settled': return settledNoSession
    case 'ours':
    case 'ours-async': return configured(native(), store)
    case 'upstream':
    case 'upstream-async':
    case 'memorystore': return configured(upstream(), store)
    default: throw new RangeError(`no contestant is called ${name}`)
  }
}

function makeStore (name) {
  switch (name) {
    case 'ours': return new (native().MemoryStore)()
    case 'upstream': return new (upstream().MemoryStore)()
    case 'memorystore': return memorystore()
    case 'ours-async': return asyncStore(native())
    case 'upstream-async': return asyncStore(upstream())
    default: return undefined
  }
}

function native () {
  return require('../..')
}

function upstream () {
  return require('express-session')
}

/** What `npm install express-session@npm:express-session-native` does: stores inherit from this package too. */
function installAsExpressSession () {
  const module = require.resolve('../..')
  native()
  require.cache[require.resolve('express-session')] = require.cache[module]
}

function memorystore () {
  const MemoryStore = require('memorystore')(upstream())
  return new MemoryStore({ checkPeriod: 24 * 60 * 60 * 1000 })
}

function configured (session, store) {
  return session({ secret: SECRET, resave: false, saveUninitialized: false, cookie: COOKIE, store })
}

/** In the place of a session, so that one app serves all. */
function noSession (req, res, next) {
  req.session = { user: { name: USER }, views: 1 }
  next()
}

/** No session either, but what this package does for Express apps besides. */
function settledNoSession (req, res, next) {
  settleShapes(req, res)
  noSession(req, res, next)
}
