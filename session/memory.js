'use strict'

const { inherits } = require('util')
const background = require('./background')
const { contextOn } = require('./context')
const defer = require('./defer')
const { ENGINE, MemoryEngine, lives, parse } = require('./memory-engine')
const { Removals } = require('./memory-removals')
const { deadline, readOptions, DEFAULT_TTL } = require('./memory-options')
const { sessionsView } = require('./memory-view')
const Store = require('./store')

module.exports = MemoryStore

/** How many sessions a loop over the store handles before the event loop goes on. */
const AT_ONCE = 500
/** The same for expired sessions that are only removed; about a millisecond. */
const SWEEP_AT_ONCE = 5000

/**
 * Sessions in the memory of this process, outside V8's heap, bounded, expiring by themselves.
 *
 * @param {object} [options] see the README
 * @throws {TypeError|RangeError} naming the option
 */
function MemoryStore (options = undefined) { // upstream's has no parameter
  Store.call(this)
  open(this, options)
}

inherits(MemoryStore, Store)

// A subclass may never have called the constructor: what it sets up is then set up when it is needed.
Object.defineProperty(MemoryStore.prototype, ENGINE, {
  get () {
    return open(this, undefined)
  }
})

// As memorystore shows them. A subclass may have properties of these names: nothing here reads them.
for (const key of ['options', 'serializer']) {
  Object.defineProperty(MemoryStore.prototype, key, {
    configurable: true,
    get () {
      return key === 'options' ? this[ENGINE].options : this[ENGINE].options.serializer
    },
    set (value) {
      Object.defineProperty(this, key, { configurable: true, enumerable: true, value, writable: true })
    }
  })
}

function open (store, given) {
  const options = readOptions(given)
  const engine = new MemoryEngine(options)

  engine.options = options
  engine.ttl = typeof options.ttl === 'number' ? options.ttl : DEFAULT_TTL
  engine.ttlIsCap = options.ttl !== undefined
  // The lane may handle texts and deadlines when nothing of the app's looks at them.
  engine.plain = options.serializer === JSON && typeof options.ttl !== 'function' && options.dispose === undefined
  engine.interval = undefined

  Object.defineProperty(store, ENGINE, { value: engine })
  engine.removals = new Removals(store, engine, options)
  store.startInterval()
  return engine
}

/** @param {function(Error?, object?)} callback gets the session, or nothing */
MemoryStore.prototype.get = function get (sid, callback) {
  answer(this, callback, () => {
    const engine = this[ENGINE]
    const text = engine.get(String(sid), Date.now())
    if (!text) return undefined

    const { lastLife } = engine
    const session = parse(engine.options.serializer, text)
    if (typeof session === 'object' && session !== null) lives.set(session, lastLife)
    return session
  })
}

/**
 * Stores a session; it expires with its cookie, or after the ttl.
 *
 * @param {function(Error?)} [callback] without it, an error is thrown
 */
MemoryStore.prototype.set = function set (sid, session, callback) {
  answer(this, callback, () => {
    const now = Date.now()
    const engine = this[ENGINE]
    const moment = deadline(engine.options, session, sid, now)
    const context = session.req && contextOn(session.req, this)
    const life = context !== undefined && context.isSaving(session) ? context.lifeOf(session) : -1
    const returned = context !== undefined && context.returned
    if (engine.set(String(sid), text(engine.options.serializer.stringify(session)), moment, life, returned, now)) {
      if (context !== undefined && session.req.session === session) context.knowsLife(sid, engine.lastLife)
    }
  }, nothing)
}

/** Renews a session's expiry, and the cookie that is stored with it. */
MemoryStore.prototype.touch = function touch (sid, session, callback) {
  answer(this, callback, () => {
    const now = Date.now()
    const engine = this[ENGINE]
    const moment = deadline(engine.options, session, sid, now)

    const { serializer } = engine.options
    if (serializer === JSON) {
      engine.touch(String(sid), JSON.stringify(session.cookie), moment, now)
      return
    }

    const stored = engine.get(String(sid), now)
    if (stored === undefined) return
    const life = engine.lastLife
    const current = parse(serializer, stored)
    current.cookie = session.cookie
    engine.removals.flush()
    engine.set(String(sid), text(serializer.stringify(current)), moment, life, false, now)
    engine.removals.flush(String(sid)) // a touch disposes of nothing
  }, nothing)
}

/** @param {string|string[]} sid one id, or several */
MemoryStore.prototype.destroy = function destroy (sid, callback) {
  answer(this, callback, () => {
    const now = Date.now()
    for (const id of Array.isArray(sid) ? sid : [sid]) {
      this[ENGINE].destroy(String(id), now)
    }
  }, nothing)
}

MemoryStore.prototype.clear = function clear (callback) {
  answer(this, callback, () => this[ENGINE].clear(Date.now()), nothing)
}

MemoryStore.prototype.length = function length (callback) {
  answer(this, callback, () => {
    this[ENGINE].sweep(Date.now(), SWEEP_AT_ONCE)
    return this[ENGINE].length()
  })
}

/** All sessions by their ids, in an object without a prototype. A large store is read in steps. */
MemoryStore.prototype.all = function all (callback) {
  const sessions = Object.create(null)
  collect(this, callback, sessions, sid => {
    const text = this[ENGINE].peek(sid, Date.now())
    if (text) sessions[sid] = parse(this[ENGINE].options.serializer, text)
  })
}

/** All ids, in an array. A large store is read in steps. */
MemoryStore.prototype.ids = function ids (callback) {
  const sids = []
  collect(this, callback, sids, sid => sids.push(sid))
}

/** The ids, one by one, without blocking the event loop. */
MemoryStore.prototype.keys = async function * keys () {
  let seen = 0
  for (let part = 0, sids; (sids = this[ENGINE].ids(part, Date.now())) !== null; part++) {
    for (const sid of sids) {
      yield sid
      if (++seen % AT_ONCE === 0) await new Promise(defer)
    }
  }
}

/** [sid, session] pairs, one by one, without blocking the event loop. */
MemoryStore.prototype[Symbol.asyncIterator] = async function * iterate () {
  for await (const sid of this.keys()) {
    const text = this[ENGINE].peek(sid, Date.now())
    if (text !== undefined) yield [sid, parse(this[ENGINE].options.serializer, text)]
  }
}

/** Removes what has expired now. Nobody has to: the store does so by itself within a second. */
MemoryStore.prototype.prune = function prune () {
  if (this[ENGINE].sweep(Date.now(), SWEEP_AT_ONCE)) defer(() => this.prune())
  this[ENGINE].removals.tell()
}

/** Calls `prune` every `checkPeriod` milliseconds, as memorystore does; expiry does not need it. */
MemoryStore.prototype.startInterval = function startInterval () {
  this.stopInterval()
  const { checkPeriod } = this[ENGINE].options
  if (checkPeriod > 0 && checkPeriod < Infinity) {
    this[ENGINE].interval = background(() => this.prune(), Math.min(Math.floor(checkPeriod), 2 ** 31 - 1))
  }
}

MemoryStore.prototype.stopInterval = function stopInterval () {
  clearInterval(this[ENGINE].interval)
}

/** What the store holds and has done; see the README for the fields. */
MemoryStore.prototype.stats = function stats () {
  return this[ENGINE].stats()
}

/**
 * Ends the store: its timers stop, and unless other threads share them, its sessions are gone.
 */
MemoryStore.prototype.close = function close () {
  this.stopInterval()
  this[ENGINE].removals.close()
  if (this[ENGINE].options.shared === undefined) this[ENGINE].clear(Date.now())
}

MemoryStore.prototype.removeAllListeners = function removeAllListeners (...args) {
  Store.prototype.removeAllListeners.apply(this, args)
  this[ENGINE].removals.follow()
  return this
}

/** The JSON texts by their ids, as upstream's property of this name has them: reading and writing go to the store. */
Object.defineProperty(MemoryStore.prototype, 'sessions', {
  configurable: true,
  get () {
    return sessionsView(this)
  },
  set (sessions) {
    const view = sessionsView(this)
    this[ENGINE].clear(Date.now())
    Object.assign(view, sessions)
  }
})

/** Runs `work` now, and calls back on a later tick with what it threw, or with what `give` makes of its result. */
function answer (store, callback, work, give = defer) {
  let result

  try {
    result = work()
    store[ENGINE].removals.flush()
  } catch (err) {
    if (typeof callback !== 'function') throw err
    defer(callback, err)
    return
  }

  if (typeof callback === 'function') give(callback, null, result)
}

/** As upstream's methods do that have nothing to say: they call back without an argument. */
function nothing (callback) {
  defer(callback)
}

function text (serialized) {
  if (typeof serialized !== 'string') throw new TypeError('serializer.stringify must return a string')
  return serialized
}

/** Hands all ids to `add` in steps, and calls back with `result`. */
function collect (store, callback, result, add) {
  let part = 0

  function step () {
    try {
      for (let seen = 0; seen < AT_ONCE;) {
        const sids = store[ENGINE].ids(part++, Date.now())
        if (sids === null) return defer(callback, null, result)
        sids.forEach(add)
        seen += sids.length
      }
    } catch (err) {
      return defer(callback, err)
    }
    defer(step)
  }

  if (typeof callback === 'function') step()
}
