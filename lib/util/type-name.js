'use strict'

module.exports = { nameOf, typeName }

/**
 * What kind of value an app passed, for messages. It never shows the value, and runs none of the app's code that throws.
 *
 * @param {unknown} value
 */
function typeName (value) {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'number') return Number.isFinite(value) ? 'a number' : String(value)
  if (typeof value !== 'object') return `a ${typeof value}`
  if (isArray(value)) return 'an array'
  const name = nameOf(value)
  if (name === 'Object') return 'an object'
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`
}

/** @param {any} value */
function isArray (value) {
  try {
    return Array.isArray(value)
  } catch {
    return false // a revoked proxy
  }
}

/**
 * The name of an object's constructor.
 *
 * @param {any} object
 */
function nameOf (object) {
  try {
    const { name } = object.constructor
    return typeof name === 'string' && name !== '' ? name : 'Object'
  } catch {
    return 'Object' // a revoked proxy, a getter that throws
  }
}
