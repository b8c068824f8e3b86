'use strict'

const { deadlineOf } = require('./deadline')
const { RANK } = require('./engine')
const rankOf = require('./rank')

/**
 * @typedef {import('./engine').Engine} Engine
 * @typedef {import('./engine').Write} Write
 */

/**
 * The record of a session to be stored.
 *
 * @param {Engine} engine
 * @param {string} sid
 * @param {any} session
 * @param {import('./handover').Knowledge|undefined} known what a request knows of it
 * @param {number} time
 * @return {Write}
 * @throws what the app's `ttl` and `protect` throw
 */
function writeOf (engine, sid, session, known, time) {
  const write = touchOf(engine, sid, session, known, time)
  write.rank = rankOf(engine.options, session, known === undefined ? RANK.NEW : known.rank)
  return write
}

/**
 * The record of a session whose cookie and deadline are to be stored.
 *
 * @param {Engine} engine
 * @param {string} sid
 * @param {any} session
 * @param {{revision: any, hint: any}|undefined} known
 * @param {number} time
 * @return {Write}
 */
function touchOf (engine, sid, session, known, time) {
  return {
    sid,
    session,
    text: undefined,
    deadline: deadlineOf(engine.options, session, sid, time),
    revision: known === undefined ? undefined : known.revision,
    hint: known === undefined ? undefined : known.hint,
    rank: RANK.NEW,
    now: time
  }
}

/**
 * @param {Engine} engine
 * @param {any} session
 */
function textOf (engine, session) {
  const text = engine.options.serializer.stringify(session)
  if (typeof text !== 'string') throw new TypeError('serializer.stringify must return a string')
  return text
}

module.exports = { textOf, touchOf, writeOf }
