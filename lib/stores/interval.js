'use strict'

const { systemNow } = require('../util/clock')
const unrefInterval = require('../util/unref-interval')

module.exports = { every }

const { setInterval: original } = globalThis
/** A real timer comes no earlier than this part of its period. */
const EARLIEST = 0.9

/**
 * Calls `work` every `period` milliseconds, and tells it whether the timer is a test's. Then the time that the test
 * shows is the truth for what has expired, as it is for `prune`.
 *
 * @param {number} period
 * @param {(isTest: boolean) => void} work
 */
function every (period, work) {
  let last = systemNow()
  const timer = unrefInterval(() => {
    const time = systemNow()
    const isEarly = time - last < period * EARLIEST
    last = time
    work(isFake || isEarly)
  }, period)
  const isFake = isOfTest(timer)
  return timer
}

/**
 * Whether fake timers have made this timer. It is asked of the timer, because tools that watch an app replace
 * `setInterval` too, but return what Node's returns. A DOM's timer, real or fake, is a number.
 *
 * @param {any} timer
 */
function isOfTest (timer) {
  return typeof timer === 'number' ? setInterval !== original : timer?._idleTimeout === undefined
}
