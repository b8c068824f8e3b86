'use strict'

const { elapsed } = require('../../../util/clock')

// Taken once: test runners replace the global one.
const { now: wallNow } = Date

/** How far two clocks may drift apart between two pings, in milliseconds. */
const DRIFT = 250

/**
 * How long entries may be served. The server answers a ping only after it has sent all earlier invalidations. An answered
 * ping therefore proves that every change made before the ping was sent is known. Entries are served for the length of the
 * lease, counted from the sending. No change stays unseen for longer than that, whatever happens to connections, processes
 * and the event loop.
 *
 * Two clocks: the one that nobody can set stands still while the machine sleeps, the other one goes on.
 */
class Lease {
  /** @param {number} length in milliseconds */
  constructor (length) {
    this.length = length
    this.until = -Infinity
    this.wallUntil = -Infinity
    /** The difference between the clocks, at the last renewal. */
    this.difference = NaN
  }

  isValid () {
    return elapsed() < this.until && wallNow() < this.wallUntil
  }

  /** @param {number} sent when the ping that is answered now was sent, as `elapsed` counts */
  renew (sent) {
    if (sent + this.length <= this.until) return
    this.until = sent + this.length
    this.wallUntil = wallNow() - elapsed() + this.until
  }

  revoke () {
    this.until = -Infinity
    this.difference = NaN
  }

  /** Whether somebody has set the clock, or the machine has slept, since this was last asked: deadlines are wrong then. */
  hasJumped () {
    const before = this.difference
    this.difference = wallNow() - elapsed()
    return Math.abs(this.difference - before) > DRIFT
  }
}

module.exports = Lease
