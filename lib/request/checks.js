'use strict'

const { warn } = require('../util/warn')

module.exports = { hasData, isSession }

/** Stores that have given something else than a session. */
const warned = new WeakSet()

/**
 * Whether a store gave a session. Nothing is made of a value without a cookie: the client gets a new session, and one
 * warning for the store says what its `get` gave.
 */
function isSession (value, store) {
  if (!value) return false
  if ((typeof value === 'object' || typeof value === 'function') && isObject(value.cookie)) return true

  if (!warned.has(store)) {
    warned.add(store)
    warn('EXPRESS_SESSION_BAD_SESSION', `the session store's get method gave ${describe(value)} where a session with a ` +
      'cookie is expected; the client gets a new session')
  }
  return false
}

/** Whether a session has anything but its cookie. */
function hasData (session) {
  for (const key in session) {
    if (key !== 'cookie' && Object.prototype.hasOwnProperty.call(session, key)) return true
  }
  return false
}

function isObject (value) {
  return typeof value === 'object' && value !== null
}

/** What a value is, without its content: that may be a secret. */
function describe (value) {
  if (Array.isArray(value)) return 'an array'
  if (typeof value !== 'object') return `a ${typeof value}`
  return value.cookie === undefined ? 'an object without a cookie' : `an object whose cookie is ${value.cookie === null ? 'null' : `a ${typeof value.cookie}`}`
}
