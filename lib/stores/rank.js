'use strict'

const { mustBeNow } = require('../util/promised')
const { RANK } = require('./engine')

module.exports = rankOf

/**
 * The rank of a session that is to be stored: the `protect` option may raise it.
 *
 * @param {import('./engine').Options} options
 * @param {any} session
 * @param {number} rank
 * @throws what `protect` throws, and {TypeError} where it gives a promise
 */
function rankOf ({ protect }, session, rank) {
  if (protect === undefined || rank >= RANK.SIGNED_IN) return rank
  const isProtected = protect(session)
  mustBeNow(isProtected, 'protect')
  return isProtected ? RANK.SIGNED_IN : rank
}
