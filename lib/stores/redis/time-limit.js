'use strict'

const { performance } = require('perf_hooks')
const { timedOut } = require('./errors')

/** @typedef {import('../engine').Callback<any>} Callback */

// Taken once: test runners replace the global ones.
const elapsed = performance.now.bind(performance)
const { clearTimeout, setTimeout } = require('timers')

/**
 * Bounds how long callers wait for Redis. A client may keep commands for as long as its server is gone. All callers wait
 * equally long, so one timer serves them all: a timer each would cost half a microsecond.
 */
class TimeLimit {
  // Private, so that nothing prints sessions. A Set: who waits longest comes first.
  #waiting = /** @type {Set<{callback: Callback, until: number}>} */ (new Set())
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
    const waiter = { callback, until: elapsed() + this.ms }
    this.#waiting.add(waiter)
    if (this.#timer === undefined && this.ms > 0) this.#arm(this.ms)
    promise.then(
      value => { if (this.#waiting.delete(waiter)) callback(null, value) },
      err => { if (this.#waiting.delete(waiter)) callback(err) }
    )
  }

  /** @param {number} ms */
  #arm (ms) {
    this.#timer = setTimeout(() => this.#check(), ms)
    this.#timer.unref()
  }

  #check () {
    this.#timer = undefined
    const now = elapsed()
    for (const waiter of this.#waiting) {
      if (waiter.until > now) {
        this.#arm(Math.ceil(waiter.until - now))
        return
      }
      this.#waiting.delete(waiter)
      waiter.callback(timedOut(this.ms))
    }
  }

  stop () {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}

module.exports = TimeLimit
