'use strict'

const { inherits } = require('util')
const { now, systemNow } = require('../util/clock')
const defer = require('../util/defer')
const { destroyAll, touchText } = require('./combined-calls')
const { droppedError } = require('./dropped')
const { DROPPED } = require('./engine')
const { knowledgeOf, setRevision } = require('./handover')
const { every } = require('./interval')
const { parse, whenParsed } = require('./parse')
const { NOTHING, perform } = require('./perform')
const { addStorePromises } = require('./promises')
const { textOf, touchOf, writeOf } = require('./records')
const Store = require('./store')
const { engineOf, MAKE_ENGINE, partsOf } = require('./store-engine')
const { AT_ONCE, collect, idsByPart, peek } = require('./walk')

/**
 * @typedef {import('./engine').Callback<any>} Callback
 * @typedef {import('./engine').Write} Write
 */

/** The longest delay that a timer takes. */
const LONGEST_DELAY = 2 ** 31 - 1

/**
 * Makes `constructor` a store on an engine. The methods become its own, because apps copy and stub them there.
 *
 * @param {function} constructor
 * @param {function(object?): object} makeEngine makes an engine of the options that the constructor was given
 */
function defineStore (constructor, makeEngine) {
  inherits(constructor, Store)
  for (const name of Reflect.ownKeys(methods)) constructor.prototype[name] = /** @type {any} */ (methods)[name]
  addStorePromises(constructor.prototype)
  Object.defineProperty(constructor.prototype, MAKE_ENGINE, { value: makeEngine })
}

/** The Store methods on any engine. index.d.ts says what they promise. */
const methods = {
  /**
   * @param {string} sid
   * @param {Callback} [callback]
   */
  get (sid, callback) {
    return perform(this, callback, (engine, done) => engine.get(String(sid), now(), done), (stored, engine) => {
      if (stored === undefined || stored.text === '') return undefined
      return whenParsed(parse(engine.options.serializer, stored.text, engine.options.origin), session => {
        setRevision(session, stored.revision)
        return session
      })
    })
  },

  /**
   * @param {string} sid
   * @param {any} session
   * @param {Callback} [callback]
   */
  set (sid, session, callback) {
    const known = knowledgeOf(session)
    /** @type {Write} */
    let write
    return perform(this, callback, (engine, done) => {
      write = writeOf(engine, String(sid), session, known, now())
      write.text = textOf(engine, session)
      return engine.commit(write, done)
    }, (result, engine) => {
      if (result === DROPPED) throw droppedError(engine)
      if (known !== undefined) known.revision = write.revision
      if (session.id === sid) setRevision(session, write.revision)
      return NOTHING
    })
  },

  /**
   * @param {string} sid
   * @param {any} session
   * @param {Callback} [callback]
   */
  touch (sid, session, callback) {
    return perform(this, callback, (engine, done) => {
      const time = now()
      const write = touchOf(engine, String(sid), session, undefined, time)
      return engine.options.serializer === JSON ? engine.touch(write, done) : touchText(engine, write, done)
    }, () => {
      // A touch may have written over the text. That must not call `dispose`.
      partsOf(this).removals.flush(String(sid))
      return NOTHING
    })
  },

  /**
   * @param {string|string[]} sid
   * @param {Callback} [callback]
   */
  destroy (sid, callback) {
    const sids = Array.isArray(sid) ? sid : [sid]
    return perform(this, callback, (engine, done) => destroyAll(engine, sids, done), () => NOTHING)
  },

  /** @param {Callback} [callback] */
  clear (callback) {
    return perform(this, callback, (engine, done) => engine.clear(now(), done), () => NOTHING)
  },

  /** @param {Callback} [callback] */
  length (callback) {
    return perform(this, callback, (engine, done) => engine.length(now(), done), length => length)
  },

  /** @param {Callback} [callback] */
  all (callback) {
    const sessions = Object.create(null)
    return collect(this, callback, sessions, (sid, session) => { sessions[sid] = session })
  },

  /** @param {Callback} [callback] */
  ids (callback) {
    /** @type {string[]} */
    const sids = []
    return collect(this, callback, sids, sid => { sids.push(sid) })
  },

  async * keys () {
    let seen = 0
    for await (const sids of idsByPart(engineOf(this))) {
      for (const sid of sids) {
        yield sid
        if (++seen % AT_ONCE === 0) await new Promise(defer)
      }
    }
  },

  async * [Symbol.asyncIterator] () {
    const engine = engineOf(this)
    for await (const sid of this.keys()) {
      const session = await peek(engine, sid)
      if (session !== undefined) yield [sid, session]
    }
  },

  prune () {
    const { engine, removals } = partsOf(this)
    if (engine.prune(now())) defer(() => this.prune())
    removals.tell()
  },

  startInterval () {
    const parts = partsOf(this)
    this.stopInterval()
    const { checkPeriod } = parts.engine.options
    if (checkPeriod > 0 && checkPeriod < Infinity) {
      const period = Math.min(Math.floor(checkPeriod), LONGEST_DELAY)
      parts.interval = every(period, isTest => isTest ? this.prune() : pruneUnasked(this))
    }
  },

  stopInterval () {
    clearInterval(partsOf(this).interval)
  },

  stats () {
    return engineOf(this).stats(now())
  },

  close () {
    const { engine, removals } = partsOf(this)
    this.stopInterval()
    removals.close()
    engine.close(now())
  },

  /** @param {...any} args */
  removeAllListeners (...args) {
    Store.prototype.removeAllListeners.apply(this, args)
    partsOf(this).removals.follow()
    return this
  }
}

/**
 * What the interval does. Nobody has asked for it now: it removes what has expired on the system's clock too, because
 * that of the app may be wrong for a moment. A `prune` of the app's own is called as it is.
 *
 * @param {any} store
 */
function pruneUnasked (store) {
  if (store.prune !== methods.prune) return store.prune()
  const { engine, removals } = partsOf(store)
  if (engine.prune(Math.min(now(), systemNow()))) defer(() => pruneUnasked(store))
  removals.tell()
}

module.exports = { defineStore, methods }
