'use strict'

const { isProxy } = require('util').types

module.exports = { settleShapes }

/** Newer versions keep hidden classes shared, and there a dictionary is the slower one. */
const V8_LOSES_SHAPES = Number.parseInt(process.versions.v8, 10) < 13
const PASSING = Symbol('passing')

/**
 * Express replaces the prototype of every request and response. V8 before 13 (Node before 24) lets such objects
 * share no hidden class any more: each property added copies the descriptions of all, and no inline cache hits. As
 * dictionaries they share one again. Whole Express apps take a third less CPU for it (docs/speed.md); in any other
 * way a program cannot tell.
 *
 * @param {any} req
 * @param {any} res
 */
function settleShapes (req, res) {
  if (V8_LOSES_SHAPES && hasNewPrototype(req)) {
    makeDictionary(req)
    makeDictionary(res)
  }
}

/**
 * Whether its prototype is not the one that its constructor gave it.
 *
 * @param {any} object
 */
function hasNewPrototype (object) {
  const { constructor } = object
  return typeof constructor === 'function' && Object.getPrototypeOf(object) !== constructor.prototype
}

/** @param {any} object */
function makeDictionary (object) {
  // Its traps are the app's, and could tell.
  if (isProxy(object)) return
  Reflect.set(object, PASSING, undefined)
  Reflect.deleteProperty(object, PASSING)
}
