'use strict'

const { asError } = require('../util/as-error')
const { mustBeNow } = require('../util/promised')

module.exports = { skipOption }

/**
 * The skip option: which requests need no session.
 *
 * @param {any} skip
 * @throws {TypeError}
 * @return {((req: any, next: (err?: any) => void) => boolean)|undefined} whether it has called `next`
 */
function skipOption (skip) {
  if (skip === undefined) return undefined
  if (typeof skip !== 'function') throw new TypeError('skip option must be a function')

  return function skipped (req, next) {
    let skips
    try {
      skips = skip(req)
      mustBeNow(skips, 'skip')
    } catch (err) {
      next(asError(err))
      return true
    }
    if (skips) next()
    return Boolean(skips)
  }
}
