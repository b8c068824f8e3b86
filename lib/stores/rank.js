'use strict'

const { RANK } = require('./engine')

module.exports = rankOf

/**
 * The rank of a session that is to be stored: the `protect` option may raise it.
 *
 * @param {import('./engine').Options} options
 * @param {any} session
 * @param {number} rank
 * @throws what `protect` throws
 */
function rankOf ({ protect }, session, rank) {
  return protect !== undefined && rank < RANK.SIGNED_IN && protect(session) ? RANK.SIGNED_IN : rank
}
