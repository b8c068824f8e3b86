'use strict'

const Awaited = require('../awaited')
const { parse } = require('../parse')
const { defineStore } = require('../native-store')
const Store = require('../store')
const { engineIn, engineOf, openEngine } = require('../store-engine')
const { failure } = require('../../util/as-error')
const defer = require('../../util/defer')

module.exports = RedisStore

/**
 * Sessions in Redis or Valkey, through the app's own client. Takes connect-redis's options, and its place.
 *
 * @param {any} options see RedisStoreOptions in index.d.ts
 * @throws {TypeError|RangeError} naming the option
 * @this {any}
 */
function RedisStore (options) {
  Store.call(this)
  const { engine } = openEngine(this, options)
  engine.tellServer((/** @type {boolean} */ isDown) => this.emit(isDown ? 'disconnect' : 'connect'))
}

defineStore(RedisStore, makeEngine)

/** @param {any} options */
function makeEngine (options) {
  // Nothing of the engine is loaded before the first store is made.
  const { readOptions } = require('./options')
  const RedisEngine = require('./engine')
  return new RedisEngine(options && options.client, readOptions(options), newMemory)
}

/**
 * What a near cache keeps its sessions in.
 *
 * @param {import('./near').NearOptions} options
 */
function newMemory ({ max, maxBytes }) {
  const { MemoryEngine } = require('../../native')
  const { readOptions: readMemoryOptions } = require('../memory/options')
  return new MemoryEngine(readMemoryOptions({ max, maxBytes }))
}

/** What the middlewares on this store do where they are not told otherwise. */
RedisStore.prototype.sessionDefaults = Object.freeze({ touchAfter: 0.05, onDisconnect: 'error' })

/**
 * All sessions, each with its `id`, as connect-redis gives them.
 *
 * @param {(err?: any, sessions?: any[]) => void} [callback]
 * @this {any}
 */
RedisStore.prototype.all = function all (callback) {
  if (typeof callback !== 'function') return new Awaited(done => this.all(done))
  collect(engineOf(this)).then(sessions => defer(callback, null, sessions), err => defer(callback, failure(err)))
}

/** Pairs of id and session, read in pages. */
RedisStore.prototype[Symbol.asyncIterator] = /** @this {any} */ async function * () {
  yield * sessionsIn(engineOf(this))
}

/** @param {any} engine */
async function collect (engine) {
  const sessions = []
  for await (const [sid, session] of sessionsIn(engine)) {
    if (typeof session === 'object' && session !== null) session.id = sid
    sessions.push(session)
  }
  return sessions
}

/** @param {any} engine */
async function * sessionsIn (engine) {
  const { origin, serializer } = engine.options
  for await (const page of engine.texts()) {
    for (const [sid, text] of page) {
      if (text !== '') yield [sid, await parse(serializer, text, origin)]
    }
  }
}

// connect-redis has these properties.
for (const [name, read] of /** @type {[string|symbol, (engine: any) => any][]} */ ([
  ['client', engine => engine.client],
  ['prefix', engine => engine.options.prefix],
  ['scanCount', engine => engine.options.scanCount],
  ['serializer', engine => engine.options.serializer],
  ['ttl', engine => engine.options.seconds],
  ['disableTTL', engine => engine.options.disableTTL],
  ['disableTouch', engine => engine.options.disableTouch],
  ['storeTimeout', engine => engine.options.storeTimeout],
  [Store.ORIGIN, engine => engine.options.origin]
])) {
  Object.defineProperty(RedisStore.prototype, name, {
    configurable: true,
    get () {
      const engine = engineIn(this)
      return engine && read(engine)
    }
  })
}
