'use strict'

/** What stands for a session that does not expire, where a store has no word for it: the last day of ISO dates. */
const FOREVER = Date.UTC(9999, 11, 31)

/** @param {number} deadline */
function finite (deadline) {
  return Math.min(deadline, FOREVER)
}

/** @param {number} deadline */
function unbounded (deadline) {
  return deadline >= FOREVER ? Infinity : deadline
}

module.exports = { finite, unbounded }
