'use strict'

const { types } = require('util')
const { now } = require('../util/clock')
const debug = require('../util/debug')
const defer = require('../util/defer')
const { warnOf } = require('../util/warn')
const { every } = require('./interval')

/** The events of a store, by what engines call the removals. */
const EVENTS = ['expired', 'evicted', 'destroyed']
/** How often removals are looked for while somebody listens, in milliseconds. */
const PERIOD = 100
/** How many removals are told before the event loop goes on. */
const AT_ONCE = 250

/**
 * Tells the listeners of `expired`, `evicted` and `destroyed`, and the `dispose` option, what a store has removed.
 * Each event fires once, after the removal. While nobody wants to know, nothing is recorded.
 */
class Removals {
  /**
   * @param {any} store
   * @param {import('./engine').Engine} engine
   */
  constructor (store, engine) {
    this.store = store
    this.engine = engine
    this.dispose = engine.options.dispose
    this.watch = undefined
    this.timer = undefined

    if (this.dispose !== undefined) this.start(!engine.options.noDisposeOnSet)
    else if (this.heard()) this.start(false) // listeners that came before a constructor ran
    this.onNewListener = (/** @type {string} */ event) => {
      if (EVENTS.includes(event)) this.start(false)
    }
    this.onRemoveListener = () => {
      if (this.dispose === undefined && !this.heard()) this.stop()
    }
    this.follow()
  }

  /** Learns who listens; again, after the app has removed all listeners of the store. */
  follow () {
    const { store } = this
    if (!store.listeners('newListener').includes(this.onNewListener)) store.on('newListener', this.onNewListener)
    if (!store.listeners('removeListener').includes(this.onRemoveListener)) store.on('removeListener', this.onRemoveListener)
    this.onRemoveListener()
  }

  /** Whether anybody listens. */
  heard () {
    return EVENTS.some(event => this.store.listenerCount(event) > 0)
  }

  /** @param {boolean} replaced */
  start (replaced) {
    if (this.watch !== undefined) return
    this.watch = this.engine.watch(replaced)
    this.timer = every(PERIOD, isTest => this.tick(isTest))
  }

  stop () {
    if (this.watch === undefined) return
    clearInterval(this.timer)
    this.engine.unwatch(this.watch)
    this.watch = undefined
  }

  close () {
    this.tell()
    this.stop()
  }

  /** @param {boolean} isTest see interval.js */
  tick (isTest) {
    if (isTest) this.engine.prune(now())
    this.tell()
  }

  /** Tells what there is, a batch in each turn of the event loop. */
  tell () {
    if (this.watch === undefined) return
    const removed = this.engine.drain(this.watch, AT_ONCE, now())
    if (removed.length === AT_ONCE * 3) defer(() => this.tell())

    try {
      this.pass(removed)
    } catch (err) {
      warnOf(err) // there is no callback to give it to
    }
  }

  /**
   * Calls `dispose` for what was removed. Users expect that before the callback of the call that removed it.
   *
   * @param {string} [touched] the id of a session whose text was written over by a touch
   * @throws what `dispose` throws first; the rest is told all the same
   */
  flush (touched) {
    if (this.dispose === undefined || this.watch === undefined) return
    this.pass(this.engine.drain(this.watch, 2 ** 32 - 1, now()), touched)
  }

  /**
   * @param {string[]} removed
   * @param {string} [touched]
   */
  pass (removed, touched) {
    let failed = false
    let failure

    for (let i = 0; i < removed.length; i += 3) {
      if (removed[i] === 'replaced' && removed[i + 1] === touched) continue
      try {
        this.one(removed[i], removed[i + 1], removed[i + 2])
      } catch (err) {
        if (!failed) failure = err
        failed = true
      }
    }
    if (failed) throw failure
  }

  /**
   * @param {string} kind
   * @param {string} sid
   * @param {string} text
   */
  one (kind, sid, text) {
    const { store, dispose } = this

    if (dispose !== undefined) {
      const result = dispose.call(store, sid, text)
      if (types.isPromise(result)) result.then(undefined, warnOf) // nobody awaits it
    }
    if (store.listenerCount(kind) === 0) return

    let session
    try {
      session = this.engine.options.serializer.parse(text)
    } catch {
      debug('a session that was removed cannot be parsed')
    }
    store.emit(kind, sid, session)
  }
}

module.exports = Removals
