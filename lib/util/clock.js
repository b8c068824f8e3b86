'use strict'

const { performance } = require('perf_hooks')

module.exports = { now, systemNow }

// Taken once, from the module: test runners replace the global ones.
const { timeOrigin } = performance
const elapsed = performance.now.bind(performance)

/**
 * The time that the app sees, in milliseconds since the epoch. Tests replace `Date.now`, sometimes with a function
 * that returns nothing: then the system's time counts, because a session must not be lost for it.
 */
function now () {
  const shown = Date.now()
  return Number.isFinite(shown) ? shown : systemNow()
}

/** The system's own time, whatever the app has done to `Date`. */
function systemNow () {
  return Math.floor(timeOrigin + elapsed())
}
