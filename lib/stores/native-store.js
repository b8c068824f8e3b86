'use strict'

const { inherits } = require('util')
const { now, systemNow } = require('../util/clock')
const defer = require('../util/defer')
const { warnOf } = require('../util/warn')
const Awaited = require('./awaited')
const { deadlineOf } = require('./deadline')
const { DONE, DROPPED, parse, PENDING, RANK } = require('./engine')
const { knowledgeOf, setRevision } = require('./handover')
const { every } = require('./interval')
const { addStorePromises } = require('./promises')
const rankOf = require('./rank')
const Removals = require('./removals')
const Store = require('./store')

/**
 * @typedef {import('./engine').Callback<any>} Callback
 * @typedef {import('./engine').Engine} Engine
 * @typedef {import('./engine').Write} Write
 */

/** Where a store keeps its parts: an own property, so that reading a prototype makes nothing. */
const PARTS = Symbol('express-session-native.parts')
const MAKE_ENGINE = Symbol('express-session-native.makeEngine')
/** What a method answers with that has nothing to say: it calls back without arguments, as upstream's do. */
const NOTHING = Symbol('nothing')
/** How many sessions a walk over the store handles before the event loop goes on. */
const AT_ONCE = 500
/** The longest delay that a timer takes. */
const LONGEST_DELAY = 2 ** 31 - 1
const DROPPED_CODE = 'ERR_SESSION_DESTROYED'

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

/** What a store has beside its methods. */
class Parts {
  /**
   * @param {any} store
   * @param {Engine} engine
   */
  constructor (store, engine) {
    const { serializer, ttl, dispose } = engine.options
    this.engine = engine
    /** No function of the app's looks at texts and deadlines. */
    this.supportsFastPath = serializer === JSON && typeof ttl !== 'function' && dispose === undefined
    this.removals = new Removals(store, engine)
    this.interval = undefined
  }
}

/**
 * Gives a store its engine.
 *
 * @param {any} store
 * @param {any} options
 */
function openEngine (store, options) {
  Object.defineProperty(store, PARTS, { value: new Parts(store, store[MAKE_ENGINE](options)) })
  store.startInterval()
  return store[PARTS]
}

/**
 * A subclass may never have called the constructor: then its store gets an engine now.
 *
 * @param {any} store
 */
function partsOf (store) {
  return store[PARTS] || openEngine(store, undefined)
}

/** @param {any} store */
function engineOf (store) {
  return partsOf(store).engine
}

/**
 * The engine of a store that has one by now; undefined for stores of others.
 *
 * @param {any} store
 */
function engineIn (store) {
  const parts = store[PARTS]
  return parts === undefined ? undefined : parts.engine
}

/**
 * The engine of a store of which a request need not ask the methods; undefined for all others.
 *
 * @param {any} store
 */
function fastEngine (store) {
  const parts = store[PARTS]
  return parts !== undefined && parts.supportsFastPath ? parts.engine : undefined
}

/**
 * Whether an id is one that no client has: it names a session and opens none.
 *
 * @param {any} store
 * @param {any} sid
 */
function isReference (store, sid) {
  const engine = engineIn(store)
  return engine !== undefined && engine.isReference !== undefined && engine.isReference(sid)
}

/**
 * Whether a store is of this package.
 *
 * @param {any} store
 */
function isOurs (store) {
  return MAKE_ENGINE in store
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
      const session = parse(engine.options.serializer, stored.text, engine.options.origin)
      setRevision(session, stored.revision)
      return session
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
    }, result => {
      if (result === DROPPED) throw droppedError()
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
      partsOf(this).removals.flush(String(sid)) // a touch disposes of nothing, if it has written over the text
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

/**
 * Asks the engine, and calls back on a later tick with what `read` makes of the answer, or with the error.
 *
 * @param {any} store
 * @param {Callback|undefined} callback
 * @param {(engine: Engine, done: Callback) => any} ask
 * @param {(result: any, engine: Engine) => any} read
 * @throws the error, when there is no callback and the engine answers at once
 * @return {any} see awaited.js
 */
function perform (store, callback, ask, read) {
  const { engine, removals } = partsOf(store)
  if (typeof callback !== 'function' && engine.capabilities.promises) return performAwaited(store, ask, read)

  /** @param {any} result */
  function finish (result) {
    const value = read(result, engine)
    removals.flush()
    if (typeof callback !== 'function') return
    if (value === NOTHING) defer(callback)
    else defer(callback, null, value)
  }

  /** @param {any} err */
  function fail (err) {
    if (typeof callback === 'function') defer(callback, err)
    else warnOf(err) // nobody is left to throw it at
  }

  try {
    const result = ask(engine, (err, result) => {
      if (err) return fail(err)
      try {
        finish(result)
      } catch (err) {
        fail(err)
      }
    })
    if (result !== PENDING) finish(result)
  } catch (err) {
    if (typeof callback !== 'function') throw err
    defer(callback, err)
  }
}

/**
 * @param {any} store
 * @param {(engine: Engine, done: Callback) => any} ask
 * @param {(result: any, engine: Engine) => any} read
 */
function performAwaited (store, ask, read) {
  /** @type {{err: any}|undefined} */
  let thrown
  const awaited = new Awaited(callback => {
    perform(store, callback, (engine, done) => {
      try {
        return ask(engine, done)
      } catch (err) {
        thrown = { err }
        throw err
      }
    }, read)
  })
  if (thrown === undefined) return awaited
  awaited.catch(() => {})
  throw thrown.err
}

/** What a save is told whose session was destroyed. The end of a request says nothing of it: logout is final. */
function droppedError () {
  /** @type {NodeJS.ErrnoException} */
  const err = new Error('the session was destroyed after it had been loaded, and is not saved')
  err.code = DROPPED_CODE
  return err
}

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
 * Touches a session whose cookie is in a text that only the serializer can read.
 *
 * @param {import('./engine').Engine} engine
 * @param {Write} write
 * @param {Callback} done
 */
function touchText (engine, write, done) {
  return andThen(later => engine.peek(write.sid, write.now, later), stored => {
    if (stored === undefined) return DONE
    const session = parse(engine.options.serializer, stored.text)
    session.cookie = write.session.cookie
    write.text = textOf(engine, session)
    write.revision = stored.revision
    // Whoever has written the session meanwhile has renewed it too.
    if (engine.capabilities.compareAndSet) write.expected = stored.text
    return engine.commit(write, done)
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
      done(err)
    }
  })
  return answer === PENDING ? PENDING : next(answer)
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

/**
 * @param {Engine} engine
 * @param {any} session
 */
function textOf (engine, session) {
  const text = engine.options.serializer.stringify(session)
  if (typeof text !== 'string') throw new TypeError('serializer.stringify must return a string')
  return text
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
  walk(engineOf(store), add).then(() => defer(callback, null, result), err => defer(callback, err))
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

module.exports = {
  defineStore, DROPPED_CODE, droppedError, engineIn, engineOf, fastEngine, isOurs, isReference, methods, openEngine, touchOf, writeOf
}
