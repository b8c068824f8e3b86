'use strict'

const log = require('debug')('express-session')

/** `DEBUG=express-session`, at the price of one comparison while it is off. */
module.exports = function debug (message, value) {
  if (log.enabled) log(message, value)
}
