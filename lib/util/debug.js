'use strict'

const log = require('debug')('express-session')
const { typeName } = require('./type-name')

/** Kept because asking `log.enabled` takes 0.03 µs. */
let enabled = log.enabled

/**
 * Writes a line for `DEBUG=express-session`. While it is off, a call costs one comparison.
 *
 * @param {string} message
 * @param {...unknown} values
 */
function debug (message, ...values) {
  if (enabled) log(message, ...values)
}

/**
 * Writes a line about a session. Six characters of the id tell sessions apart and are too few to use. An app's genid may
 * give anything.
 *
 * @param {string} message
 * @param {unknown} sid
 */
debug.session = function debugSession (message, sid) {
  if (enabled) log(message, typeof sid === 'string' ? sid.slice(0, 6) + '…' : `(${typeName(sid)})`)
}

/** Learns whether the app has turned debugging on or off. Every request asks once. */
debug.refresh = function refresh () {
  enabled = log.enabled
}

module.exports = debug
