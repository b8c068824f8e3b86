'use strict'

const log = require('debug')('express-session')

/** Asking takes 0.03 µs. */
let enabled = log.enabled

/** `DEBUG=express-session`, at the price of one comparison while it is off. */
function debug (message, value) {
  if (enabled) log(message, value)
}

/** The same about a session: enough of its id to tell two apart, and too little to use it. */
debug.session = function debugSession (message, sid) {
  if (enabled) log(message, String(sid).slice(0, 6) + '…')
}

/** An app may turn it on and off; every request asks once. */
debug.refresh = function refresh () {
  enabled = log.enabled
}

module.exports = debug
