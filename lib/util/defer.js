'use strict'

const { setImmediate } = require('timers')

/**
 * Node's own setImmediate. Tests with fake timers or a DOM replace the global one, or have none. When a runner has
 * replaced the module's before this package was loaded (node:test, and @sinonjs without a realm of its own), a promise
 * takes its place: nobody advances a clock for the callback of a save. Such functions have another name, or a clock.
 *
 * @type {(work: (...args: any[]) => any, ...args: any[]) => any}
 */
module.exports = setImmediate.name === 'setImmediate' && !('clock' in setImmediate) ? setImmediate : afterPromise

/**
 * @param {(...args: any[]) => any} work
 * @param {...any} args
 */
function afterPromise (work, ...args) {
  Promise.resolve().then(() => work(...args))
}
