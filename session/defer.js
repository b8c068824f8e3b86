'use strict'

/** Node's setImmediate as it was when this was loaded: tests with fake timers replace the global one. */
module.exports = setImmediate
