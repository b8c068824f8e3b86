'use strict'

/** A clock that stands still until it is moved; the engine takes its time from it. */
function fakeClock (t, start = Date.UTC(2031, 4, 5)) {
  const real = Date.now
  let now = start

  Date.now = () => now
  t.after(() => { Date.now = real })

  return {
    get now () { return now },
    set now (moment) { now = moment },
    advance (ms) { now += ms }
  }
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

module.exports = { fakeClock, SECOND, MINUTE, HOUR, DAY }
