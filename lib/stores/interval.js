'use strict'

const { systemNow } = require('../util/clock')
const unrefInterval = require('../util/unref-interval')

module.exports = { every }

/** A real timer comes no earlier than this part of its period. */
const EARLIEST = 0.9

/**
 * Calls `work` every `period` milliseconds, and tells it whether the timer is a test's: such a one comes before its time on
 * the system's clock. Then the time that the test shows is the truth for what has expired, as it is for `prune`.
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
