'use strict'

const Session = require('../session/session')
const { droppedError } = require('../stores/dropped')
const { DONE, DROPPED, PENDING } = require('../stores/engine')
const { methods } = require('../stores/native-store')
const { touchOf, writeOf } = require('../stores/records')
const Store = require('../stores/store')
const { fastEngine } = require('../stores/store-engine')
const { failure } = require('../util/as-error')
const { now } = require('../util/clock')
const debug = require('../util/debug')
const defer = require('../util/defer')
const { DESTROY, SAVE } = require('./policy')

/*
 * The way from a request to a store's engine that leaves out the Store methods. It is open while these are this
 * package's own. They are looked up each time: an app may replace any of them, at any time.
 */

module.exports = { commit, engineForReads, engineForWrites, save }

const { createSession } = Store.prototype

/**
 * The engine that a request may load its session from, or undefined.
 *
 * @param {any} store
 */
function engineForReads (store) {
  if (store.get !== methods.get || store.createSession !== createSession) return undefined
  return fastEngine(store)
}

/**
 * The engine that the end of a request may use for `task`, or undefined.
 *
 * @param {import('./context')} context
 * @param {string} task
 */
function engineForWrites ({ store, req }, task) {
  const engine = fastEngine(store)
  if (engine === undefined || typeof req.sessionID !== 'string') return undefined
  if (task === DESTROY) return store.destroy === methods.destroy ? engine : undefined
  if (task === SAVE) return savesThrough(store, req.session) && req.session.save === Session.save ? engine : undefined
  return store.touch === methods.touch ? engine : undefined
}

/**
 * A session goes to the store that its request has now: another middleware may have set that.
 *
 * @param {any} store
 * @param {any} session
 */
function savesThrough (store, session) {
  return store.set === methods.set && session.req.sessionStore === store
}

/**
 * Ends a request's work on its session.
 *
 * @param {import('../stores/engine').Engine} engine
 * @param {import('./context')} context
 * @param {string} task
 * @param {(err?: any, result?: any) => void} [callback] for PENDING
 * @return {symbol} DONE, DROPPED or PENDING
 * @throws {RangeError} the session is too large for the store
 */
function commit (engine, context, task, callback) {
  const { sessionID: sid } = context.req
  if (task === DESTROY) return engine.destroy(sid, now(), callback)
  const session = context.toStore(context.req.session)
  if (task === SAVE) {
    debug.session('saving %s', sid)
    return write(engine, context, session, callback, session === context.req.session ? context.atEnd : undefined)
  }

  const known = sid === context.knownId ? context : undefined
  return engine.touch(touchOf(engine, sid, session, known, now()), callback)
}

/**
 * What `session.save` does.
 *
 * @param {import('./context')} context
 * @param {any} session
 * @param {(err?: any, result?: any) => void} callback
 * @return {boolean} false when the store has to be asked
 */
function save (context, session, callback) {
  const engine = savesThrough(context.store, session) ? fastEngine(context.store) : undefined
  if (engine === undefined || typeof session.id !== 'string') return false

  /** @type {import('../stores/engine').Callback<any>} */
  const answer = (err, result) => {
    if (err) defer(callback, err)
    else if (result === DROPPED) defer(callback, droppedError(engine))
    else defer(callback)
  }
  try {
    const result = write(engine, context, session, answer)
    if (result !== PENDING) answer(undefined, result)
  } catch (err) {
    answer(failure(err))
  }
  return true
}

/**
 * @param {import('../stores/engine').Engine} engine
 * @param {import('./context')} context
 * @param {any} session
 * @param {(err?: any, result?: any) => void} [callback]
 * @param {import('../session/snapshot').Snapshot} [snapshot] of the session as it is
 */
function write (engine, context, session, callback, snapshot) {
  const record = writeOf(engine, session.id, session, context.knowledgeOf(session), now())
  if (typeof snapshot === 'string') record.data = snapshot
  const result = engine.commit(record, callback && ((/** @type {any} */ err, /** @type {any} */ result) => {
    if (!err) learn(context, record, result)
    callback(err, result)
  }))
  learn(context, record, result)
  return result
}

/**
 * @param {import('./context')} context
 * @param {import('../stores/engine').Write} record
 * @param {any} result
 */
function learn (context, record, result) {
  if (result === DONE) context.learnRevision(record.sid, record.revision)
}
