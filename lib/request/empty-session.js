'use strict'

const { nameOf, typeName } = require('../util/type-name')
const { warn } = require('../util/warn')

module.exports = { isEmpty, warnOfEmptySession }

/** @type {WeakSet<object>} one warning a store */
const warned = new WeakSet()

/**
 * Whether what a store's `get` gave has neither a cookie nor data: nothing is lost when its client gets a new session.
 * A list, bytes, or what is still to come are no data of a session.
 *
 * @param {any} data
 */
function isEmpty (data) {
  if (typeof data !== 'object') return true
  const { cookie } = data
  if (typeof cookie === 'object' && cookie !== null) return false
  if (Array.isArray(data) || ArrayBuffer.isView(data) || typeof data.then === 'function') return true
  for (const key in data) {
    if (key !== 'cookie') return false
  }
  return true
}

/**
 * @param {any} store
 * @param {any} data
 */
function warnOfEmptySession (store, data) {
  if (warned.has(store)) return
  warned.add(store)
  warn('EXPRESS_SESSION_STORE_GET', `${nameOf(store)}.get gave ${typeName(data)}, which is no session: the client got a new one. ` +
    'The store must give the session, or undefined where there is none')
}
