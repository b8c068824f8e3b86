'use strict'

const { isBigIntObject, isBooleanObject, isBoxedPrimitive, isNumberObject, isStringObject } = require('util').types
const sameText = require('./same-text')
const { dataText, hasMembers } = require('./serialize')

module.exports = { sameSnapshot, snapshotOf, snapshotOfText }

/** Where an object or an array begins, and where one ends. */
const OBJECT = Symbol('{')
const ARRAY = Symbol('[')
const END = Symbol('end')
/** Comes before a JSON text. */
const TEXT = Symbol('text')
/** Values nested deeper than this are kept as text, so that nesting cannot exhaust the stack. */
const DEEPEST = 50

const { hasOwnProperty, valueOf } = Object.prototype
const { isRawJSON = () => false } = /** @type {any} */ (JSON)

/**
 * A snapshot of a session's data: a flat list of keys and primitive values, without the session's own `cookie`. Two
 * snapshots are equal exactly when the JSON texts are. Making two and comparing them takes 0.2 µs for the 150 bytes of
 * an ordinary session, where one JSON.stringify takes 0.5 to 1. Long strings cost nothing.
 *
 * @param {any} session
 * @param {Snapshot} [like] where this is a text, so is the snapshot
 * @return {Snapshot}
 * @throws {TypeError} when the session has no JSON text
 * @throws what JSON.stringify throws (cycles, BigInt, a toJSON of the app)
 */
function snapshotOf (session, like) {
  if (typeof like === 'string') return textOf(session)
  try {
    /** @type {any[]} */
    const list = []
    addSession(session, list)
    return list
  } catch (err) {
    dataText(session) // throws what JSON says of the whole session
    throw err
  }
}

/** Where two JSON texts take less time than two lists. */
const LONG = 1000

/**
 * A snapshot of stored data, for comparison with `snapshotOf(session, like)`: a long text is one itself.
 *
 * @param {any} data
 * @param {string} [text] of the data, as JSON.stringify made it
 * @return {Snapshot}
 */
function snapshotOfText (data, text) {
  return text !== undefined && text.length >= LONG ? text : snapshotOf(data)
}

/** @typedef {unknown[]|string} Snapshot */

/**
 * @param {Snapshot} a
 * @param {Snapshot} b of the same kind
 */
function sameSnapshot (a, b) {
  if (typeof a === 'string') return sameText(a, /** @type {string} */ (b))
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false
  }
  return true
}

/**
 * @param {any} session
 * @param {any[]} list
 */
function addSession (session, list) {
  if (hasMembers(session)) {
    addMembers(session, list, 0, 'cookie')
    return
  }

  const text = textOf(session)
  const data = JSON.parse(text)
  if (typeof data !== 'object' || data === null || Array.isArray(data)) list.push(TEXT, text)
  else addMembers(data, list, 0)
}

/**
 * @param {any} session
 * @return {string}
 */
function textOf (session) {
  const text = dataText(session)
  if (text === undefined) throw new TypeError('the session has no JSON text')
  return text
}

/**
 * Adds what JSON makes of a value. Returns false for what JSON leaves out: undefined, a function, a symbol.
 *
 * @param {any} value
 * @param {string|number} key
 * @param {any[]} list
 * @param {number} depth
 */
function add (value, key, list, depth) {
  if (value !== null && (typeof value === 'object' || typeof value === 'function' || typeof value === 'bigint')) {
    if (typeof value.toJSON === 'function') value = value.toJSON(String(key))
    if (isBoxed(value)) value = unboxed(value)
  }

  switch (typeof value) {
    case 'string':
    case 'boolean':
      list.push(value)
      return true
    case 'number':
      list.push(Number.isFinite(value) ? value : null)
      return true
    case 'object':
      if (value === null) list.push(null)
      else addObject(value, list, depth + 1)
      return true
    case 'bigint':
      throw new TypeError('a BigInt has no JSON text')
    default:
      return false
  }
}

/**
 * @param {any} object
 * @param {any[]} list
 * @param {number} depth
 */
function addObject (object, list, depth) {
  if (depth > DEEPEST) {
    list.push(TEXT, JSON.stringify(object))
  } else if (Array.isArray(object)) {
    list.push(ARRAY)
    for (let i = 0; i < object.length; i++) {
      if (!add(object[i], i, list, depth)) list.push(null)
    }
    list.push(END)
  } else if (isRawJSON(object)) {
    addRaw(object.rawJSON, list)
  } else {
    list.push(OBJECT)
    addMembers(object, list, depth)
    list.push(END)
  }
}

/**
 * @param {any} object
 * @param {any[]} list
 * @param {number} depth
 * @param {string} [except]
 */
function addMembers (object, list, depth, except) {
  for (const key in object) {
    if (key === except || !hasOwnProperty.call(object, key)) continue
    list.push(key)
    if (!add(object[key], key, list, depth)) list.pop()
  }
}

/**
 * Adds a text of `JSON.rawJSON`: a primitive value, or a number that JavaScript cannot hold exactly.
 *
 * @param {string} text
 * @param {any[]} list
 */
function addRaw (text, list) {
  const value = JSON.parse(text)
  if (typeof value === 'number' && String(value) !== text) list.push(TEXT, text)
  else list.push(value)
}

/**
 * Boxed values have their own valueOf; nearly all others have Object's. Comparing takes 0.02 µs, asking `util.types` 0.06.
 *
 * @param {any} value
 */
function isBoxed (value) {
  return typeof value === 'object' && value !== null && value.valueOf !== valueOf && isBoxedPrimitive(value)
}

/**
 * What JSON makes of String, Number, Boolean and BigInt objects.
 *
 * @param {any} object
 */
function unboxed (object) {
  if (isStringObject(object)) return String(object)
  if (isNumberObject(object)) return Number(object)
  if (isBooleanObject(object)) return Boolean.prototype.valueOf.call(object)
  return isBigIntObject(object) ? BigInt.prototype.valueOf.call(object) : object
}
