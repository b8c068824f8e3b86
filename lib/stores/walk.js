'use strict'

const { failure } = require('../util/as-error')
const { now } = require('../util/clock')
const defer = require('../util/defer')
const Awaited = require('./awaited')
const { PENDING } = require('./engine')
const { parse } = require('./parse')
const { engineOf } = require('./store-engine')

/**
 * @typedef {import('./engine').Callback<any>} Callback
 * @typedef {import('./engine').Engine} Engine
 */

/** How many sessions a walk over the store handles before the event loop goes on. */
const AT_ONCE = 500

/**
 * Hands every id, and with a second parameter its session, to `add`; then calls back with `result`.
 *
 * @param {any} store
 * @param {Callback|undefined} callback
 * @param {any} result
 * @param {(sid: string, session?: any) => void} add
 */
function collect (store, callback, result, add) {
  if (typeof callback !== 'function') {
    return engineOf(store).capabilities.promises ? new Awaited(done => collect(store, done, result, add)) : undefined
  }
  walk(engineOf(store), add).then(() => defer(callback, null, result), err => defer(callback, failure(err)))
}

/**
 * Goes through a store in steps that do not hold up the event loop.
 *
 * @param {Engine} engine
 * @param {(sid: string, session?: any) => void} visit
 */
async function walk (engine, visit) {
  let seen = 0
  for await (const sids of idsByPart(engine)) {
    for (const sid of sids) {
      if (visit.length < 2) {
        visit(sid)
      } else {
        const session = await peek(engine, sid)
        if (session !== undefined) visit(sid, session)
      }
      if (++seen % AT_ONCE === 0) await new Promise(defer)
    }
  }
}

/** @param {Engine} engine */
async function * idsByPart (engine) {
  /** @type {any} */
  let part = 0
  for (;;) {
    const sids = await promised(later => engine.ids(part, now(), later))
    if (sids === null) return
    yield sids
    part = sids.next === undefined ? part + 1 : sids.next
  }
}

/**
 * A session for somebody who looks around, or undefined.
 *
 * @param {Engine} engine
 * @param {string} sid
 */
async function peek (engine, sid) {
  const stored = await promised(later => engine.peek(sid, now(), later))
  return stored === undefined || stored.text === '' ? undefined : parse(engine.options.serializer, stored.text)
}

/**
 * An engine's answer, now or later, as a promise.
 *
 * @param {(callback: Callback) => any} ask
 */
function promised (ask) {
  return new Promise((resolve, reject) => {
    const answer = ask((err, value) => err ? reject(err) : resolve(value))
    if (answer !== PENDING) resolve(answer)
  })
}

module.exports = { AT_ONCE, collect, idsByPart, peek }
