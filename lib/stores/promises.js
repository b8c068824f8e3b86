'use strict'

const { addPromises } = require('../util/promised')

module.exports = { addStorePromises }

/** How many arguments each method has before its callback. */
const METHODS = { get: 1, set: 2, touch: 2, destroy: 1, load: 1, clear: 0, length: 0, all: 0, ids: 0 }

/**
 * Gives a store `getAsync`, `setAsync` and so on.
 *
 * @param {any} prototype
 */
function addStorePromises (prototype) {
  addPromises(prototype, METHODS, true) // upstream's methods of stores are enumerable
}
