'use strict'

const { systemNow } = require('../util/clock')
const unrefInterval = require('../util/unref-interval')

module.exports = { every }

/** A real timer comes no earlier than this part of its period. */
const EARLIEST = 0.9

/**
 * Calls `work` every `period` milliseconds, and tells it whether a test has replaced the timers. Such a timer fires early by
 * the system's clock. In that case the test's time decides what has expired, as it does for `prune`.
 *
 * @param {number} period
 * @param {(isTest: boolean) => void} work
 */
function every (period, work) {
  let last = systemNow()
  return unrefInterval(() => {
    const time = systemNow()
    const isTest = time - last < period * EARLIEST
    last = time
    work(isTest)
  }, period)
}
