'use strict'

const { isBigIntObject, isBooleanObject, isBoxedPrimitive, isNumberObject, isStringObject } = require('util').types
const { dataText, hasMembers } = require('./serialize')

module.exports = { sameState, stateOf }

/** Where an object or an array begins, and where one ends. */
const OBJECT = Symbol('{')
const ARRAY = Symbol('[')
const END = Symbol('end')
/** Comes before a JSON text. */
const TEXT = Symbol('text')
/** What is nested deeper than this is kept as a text: nesting must not exhaust the stack. */
const DEEPEST = 50

const { hasOwnProperty, valueOf } = Object.prototype
const { isRawJSON = () => false } = JSON

/**
 * The data of a session, without its own `cookie`, as a flat list of keys and primitive values: two
 * lists are equal exactly when the JSON texts are. Two of them and their comparison take 0.2 µs for the
 * 150 bytes of an ordinary session, where one JSON.stringify takes 0.5 to 1; long strings cost nothing.
 *
 * @throws {TypeError} when the session has no JSON text
 * @throws what JSON.stringify throws (cycles, BigInt, a toJSON of the app)
 */
function stateOf (session) {
  try {
    const state = []
    addSession(session, state)
    return state
  } catch (err) {
    dataText(session) // which says it of the whole
    throw err
  }
}

function sameState (a, b) {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false
  }
  return true
}

function addSession (session, state) {
  if (hasMembers(session)) {
    addMembers(session, state, 0, 'cookie')
    return
  }

  const text = dataText(session)
  if (text === undefined) throw new TypeError('the session has no JSON text')
  const data = JSON.parse(text)
  if (typeof data !== 'object' || data === null || Array.isArray(data)) state.push(TEXT, text)
  else addMembers(data, state, 0)
}

/** Adds what JSON makes of a value; false when that is nothing (undefined, a function, a symbol). */
function add (value, key, state, depth) {
  if (value !== null && (typeof value === 'object' || typeof value === 'function' || typeof value === 'bigint')) {
    if (typeof value.toJSON === 'function') value = value.toJSON(String(key))
    if (isBoxed(value)) value = unboxed(value)
  }

  switch (typeof value) {
    case 'string':
    case 'boolean':
      state.push(value)
      return true
    case 'number':
      state.push(Number.isFinite(value) ? value : null)
      return true
    case 'object':
      if (value === null) state.push(null)
      else addObject(value, state, depth + 1)
      return true
    case 'bigint':
      throw new TypeError('a BigInt has no JSON text')
    default:
      return false
  }
}

function addObject (object, state, depth) {
  if (depth > DEEPEST) {
    state.push(TEXT, JSON.stringify(object))
  } else if (Array.isArray(object)) {
    state.push(ARRAY)
    for (let i = 0; i < object.length; i++) {
      if (!add(object[i], i, state, depth)) state.push(null)
    }
    state.push(END)
  } else if (isRawJSON(object)) {
    addRaw(object.rawJSON, state)
  } else {
    state.push(OBJECT)
    addMembers(object, state, depth)
    state.push(END)
  }
}

function addMembers (object, state, depth, except) {
  for (const key in object) {
    if (key === except || !hasOwnProperty.call(object, key)) continue
    state.push(key)
    if (!add(object[key], key, state, depth)) state.pop()
  }
}

/** A text of `JSON.rawJSON`: a primitive value, or a number that JavaScript has no exact value for. */
function addRaw (text, state) {
  const value = JSON.parse(text)
  if (typeof value === 'number' && String(value) !== text) state.push(TEXT, text)
  else state.push(value)
}

/** Boxed values have a valueOf of their own; all others, nearly, that of Object (0.02 µs to see, 0.06 to ask). */
function isBoxed (value) {
  return typeof value === 'object' && value !== null && value.valueOf !== valueOf && isBoxedPrimitive(value)
}

/** What JSON makes of String, Number, Boolean and BigInt objects. */
function unboxed (object) {
  if (isStringObject(object)) return String(object)
  if (isNumberObject(object)) return Number(object)
  if (isBooleanObject(object)) return Boolean.prototype.valueOf.call(object)
  return isBigIntObject(object) ? BigInt.prototype.valueOf.call(object) : object
}
