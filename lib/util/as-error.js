'use strict'

const { typeName } = require('./type-name')

module.exports = { asError, codeOf, failure }

/**
 * What an app or a store threw or called back with, as something that `next` and process warnings can take. It stays as
 * it is where it can be shown. Frameworks turn errors into texts, on a later tick, where a second error would end the
 * process; and for `next`, what is falsy is no error.
 *
 * @param {any} thrown
 */
function asError (thrown) {
  if (thrown && canBeShown(thrown)) return thrown
  return new Error(`the app or its session store threw ${typeName(thrown)}${thrown ? ' that cannot be shown' : ''}`)
}

/**
 * What an app threw, for a callback: as it is, unless it is falsy, which would be no error there.
 *
 * @param {any} thrown
 */
function failure (thrown) {
  return thrown || asError(thrown)
}

/** @param {any} thrown */
function canBeShown (thrown) {
  try {
    if (typeof thrown !== 'object' && typeof thrown !== 'function') return true
    const { code, message, name, stack, status, statusCode } = thrown
    for (const value of [thrown, code, message, name, stack, status, statusCode]) String(value)
    return Boolean(stack) || typeof thrown.toString === 'function'
  } catch {
    return false
  }
}

/**
 * The code of an error.
 *
 * @param {any} err
 */
function codeOf (err) {
  try {
    return err.code
  } catch {
    return undefined // a revoked proxy, a getter that throws
  }
}
