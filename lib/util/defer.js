'use strict'

/** Node's own setImmediate. Tests with fake timers or a DOM replace the global one, or have none. */
module.exports = require('timers').setImmediate
