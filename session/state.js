'use strict'

const { isBoxedPrimitive } = require('util').types
const { dataText } = require('./serialize')

module.exports = { sameState, stateOf }

/** Where an object or an array begins, and where one ends. */
const OBJECT = Symbol('{')
const ARRAY = Symbol('[')
const END = Symbol('end')
/** What is nested deeper than this is kept as a JSON text, behind its mark: nesting must not exhaust the stack. */
const DEEPEST = 50
const TEXT = Symbol('text')

const { hasOwnProperty } = Object.prototype

/**
 * The data of a session, without its own `cookie`, as a flat list of keys and primitive values: two
 * lists are equal exactly when the JSON texts are. Two of them and their comparison take 0.2 µs for the
 * 150 bytes of an ordinary session, where one JSON.stringify takes 0.5 to 1; long strings cost nothing.
 *
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
  if (typeof session.toJSON !== 'function' && !Array.isArray(session)) {
    addMembers(session, state, 0, 'cookie')
    return
  }

  const text = dataText(session)
  const data = text === undefined ? undefined : JSON.parse(text)
  if (typeof data !== 'object' || data === null || Array.isArray(data)) state.push(TEXT, text)
  else addMembers(data, state, 0)
}

/** Adds what JSON makes of a value; false when that is nothing (undefined, a function, a symbol). */
function add (value, key, state, depth) {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      state.push(value)
      return true
    case 'number':
      state.push(Number.isFinite(value) ? value : null)
      return true
    case 'object':
      if (value !== null && typeof value.toJSON === 'function') {
        value = value.toJSON(String(key))
        if (typeof value !== 'object') return add(value, key, state, depth)
      }
      if (value !== null) return addObject(value, key, state, depth + 1)
      state.push(null)
      return true
    default:
      return addText(JSON.stringify(value), key, state, depth)
  }
}

function addObject (object, key, state, depth) {
  if (depth > DEEPEST) {
    state.push(TEXT, JSON.stringify(object))
    return true
  }

  if (Array.isArray(object)) {
    state.push(ARRAY)
    for (let i = 0; i < object.length; i++) {
      if (!add(object[i], i, state, depth)) state.push(null)
    }
  } else if (Object.getPrototypeOf(object) !== Object.prototype && isBoxedPrimitive(object)) {
    return addText(JSON.stringify(object), key, state, depth)
  } else {
    state.push(OBJECT)
    addMembers(object, state, depth)
  }
  state.push(END)
  return true
}

function addMembers (object, state, depth, except) {
  for (const key in object) {
    if (key === except || !hasOwnProperty.call(object, key)) continue
    state.push(key)
    if (!add(object[key], key, state, depth)) state.pop()
  }
}

function addText (text, key, state, depth) {
  return text !== undefined && add(JSON.parse(text), key, state, depth)
}
