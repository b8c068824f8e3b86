'use strict'

const { asyncStore } = require('./async-store')
const { COOKIE, SECRET, USER } = require('./sample')

/*
 * The middlewares that are compared, by name.
 */

module.exports = { configured, makeMiddleware, native, upstream }

function makeMiddleware (name) {
  switch (name) {
    case 'none': return noSession
    case 'ours': return configured(native())
    case 'upstream': return configured(upstream())
    case 'memorystore': return configured(upstream(), memorystore())
    case 'ours-async': return configured(native(), asyncStore(native()))
    case 'upstream-async': return configured(upstream(), asyncStore(upstream()))
    default: throw new RangeError(`no contestant is called ${name}`)
  }
}

function native () {
  return require('../..')
}

function upstream () {
  return require('express-session')
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
