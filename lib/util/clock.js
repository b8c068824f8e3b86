'use strict'

const { performance } = require('perf_hooks')

// Taken once, from the module: test runners replace the global ones.
const { timeOrigin } = performance
/** Milliseconds by a clock that nobody can set. It stands still while the machine sleeps. */
const elapsed = performance.now.bind(performance)

module.exports = { elapsed, now, systemNow }

/**
 * The time that the app sees, in milliseconds since the epoch. Tests replace `Date.now`, sometimes with a function
 * that returns nothing or throws: then the system's time counts, because a session must not be lost for it.
 */
function now () {
  let shown
  try {
    shown = Date.now()
  } catch {
    // a mock that throws, or one of Date that has no `now`
  }
  return typeof shown === 'number' && Number.isFinite(shown) ? shown : systemNow()
}

/** The system's own time, whatever the app has done to `Date`. */
function systemNow () {
  return Math.floor(timeOrigin + elapsed())
}
