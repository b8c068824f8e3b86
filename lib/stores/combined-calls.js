'use strict'

const { failure } = require('../util/as-error')
const { now } = require('../util/clock')
const { DONE, PENDING } = require('./engine')
const { isPromise, parse, whenParsed } = require('./parse')
const { textOf } = require('./records')

/*
 * What one Store method does by several calls of the engine.
 */

/**
 * @typedef {import('./engine').Callback<any>} Callback
 * @typedef {import('./engine').Engine} Engine
 * @typedef {import('./engine').Write} Write
 */

/**
 * Touches a session whose cookie is in a text that only the serializer can read.
 *
 * @param {Engine} engine
 * @param {Write} write
 * @param {Callback} done
 */
function touchText (engine, write, done) {
  return andThen(later => engine.peek(write.sid, write.now, later), stored => {
    if (stored === undefined) return DONE
    const result = whenParsed(parse(engine.options.serializer, stored.text), session => {
      session.cookie = write.session.cookie
      write.text = textOf(engine, session)
      write.revision = stored.revision
      // If another request has written the session meanwhile, it has renewed it too.
      if (engine.capabilities.compareAndSet) write.expected = stored.text
      return engine.commit(write, done)
    })
    if (!isPromise(result)) return result
    result.then((/** @type {any} */ outcome) => { if (outcome !== PENDING) done(null, outcome) }, (/** @type {any} */ err) => done(failure(err)))
    return PENDING
  }, done)
}

/**
 * @param {Engine} engine
 * @param {string[]} sids
 * @param {Callback} done
 */
function destroyAll (engine, sids, done) {
  let waiting = 0
  /** @type {any} */
  let failure

  /** @param {any} err */
  function finished (err) {
    if (failure === undefined) failure = err
    if (--waiting === 0) done(failure, DONE)
  }

  for (const sid of sids) {
    if (engine.destroy(String(sid), now(), finished) === PENDING) waiting++
  }
  return waiting === 0 ? DONE : PENDING
}

/**
 * Gives what `next` makes of an engine's answer: at once, or later through `done`.
 *
 * @param {(callback: Callback) => any} ask
 * @param {(value: any) => any} next
 * @param {Callback} done
 */
function andThen (ask, next, done) {
  const answer = ask((err, value) => {
    if (err) return done(err)
    try {
      const result = next(value)
      if (result !== PENDING) done(null, result)
    } catch (err) {
      done(failure(err))
    }
  })
  return answer === PENDING ? PENDING : next(answer)
}

module.exports = { destroyAll, touchText }
