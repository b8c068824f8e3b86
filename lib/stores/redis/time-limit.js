'use strict'

const { AsyncResource } = require('async_hooks')
const { MANUAL } = require('../../util/async-context')
const { elapsed } = require('../../util/clock')
const { timedOut } = require('./errors')

/** @typedef {import('../engine').Callback<any>} Callback */

// Taken once: test runners replace the global one.
const { setTimeout } = require('timers')

/** The context of no request: a timer that is armed again and again must not keep one alive. */
const ROOT = new AsyncResource('express-session', MANUAL)

/**
 * Bounds how long callers wait for Redis. A client may keep commands for as long as its server is gone. All callers wait
 * equally long, so one timer serves them all: a timer each would cost half a microsecond.
 *
 * The callers are a list in a ring, oldest first. A Set would keep what was in it alive for many collections: V8 leaves the
 * tables that it has outgrown in a chain, and moves whatever they hold to the old generation.
 */
class TimeLimit {
  // Private, so that nothing prints sessions.
  #ends = new Waiter(() => {}, Infinity)
  /** @type {NodeJS.Timeout|undefined} */
  #timer

  /** @param {number} ms 0 for none */
  constructor (ms) {
    this.ms = ms
  }

  /**
   * Passes a promise's result on, once.
   *
   * @param {Promise<any>} promise
   * @param {Callback} callback
   */
  wait (promise, callback) {
    const waiter = new Waiter(callback, elapsed() + this.ms)
    waiter.enter(this.#ends)
    if (this.#timer === undefined && this.ms > 0) this.#arm(this.ms)
    promise.then(
      value => { if (waiter.leave()) callback(null, value) },
      err => { if (waiter.leave()) callback(err) }
    )
  }

  /** @param {number} ms */
  #arm (ms) {
    const timer = this.#timer = ROOT.runInAsyncScope(setTimeout, undefined, () => this.#check(), ms)
    timer.unref()
  }

  #check () {
    this.#timer = undefined
    const now = elapsed()
    const ends = this.#ends
    for (let { after: waiter } = ends; waiter !== ends; waiter = ends.after) {
      if (waiter.until > now) {
        this.#arm(Math.ceil(waiter.until - now))
        return
      }
      waiter.leave()
      waiter.runInAsyncScope(waiter.callback, undefined, timedOut(this.ms))
    }
  }
}

/** Remembers the async context of the call: the timer has none. */
class Waiter extends AsyncResource {
  /**
   * @param {Callback} callback
   * @param {number} until
   */
  constructor (callback, until) {
    super('express-session', MANUAL)
    this.callback = callback
    this.until = until
    /** @type {Waiter} */
    this.before = this
    /** @type {Waiter} */
    this.after = this
  }

  /** @param {Waiter} ends of the ring: comes before the first and after the last */
  enter (ends) {
    this.before = ends.before
    this.after = ends
    ends.before.after = this
    ends.before = this
  }

  /** @return {boolean} false when it has left before */
  leave () {
    if (this.after === this) return false
    this.before.after = this.after
    this.after.before = this.before
    // An old one that pointed to younger ones would keep those alive too.
    this.before = this.after = this
    this.emitDestroy()
    return true
  }
}

module.exports = TimeLimit
