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

/** Intervals that fire when they are told to; those of node:test have another form in every version of Node. */
function fakeIntervals (t) {
  const { setInterval, clearInterval } = globalThis
  const running = new Set()
  let now = 0

  globalThis.setInterval = (work, period) => {
    const timer = { work, period, next: now + period, unref () { return this } }
    running.add(timer)
    return timer
  }
  globalThis.clearInterval = timer => { running.delete(timer) }
  t.after(() => Object.assign(globalThis, { setInterval, clearInterval }))

  return {
    running,
    advance (ms) {
      now += ms
      for (const timer of [...running]) {
        for (; timer.next <= now && running.has(timer); timer.next += timer.period) timer.work()
      }
    }
  }
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

module.exports = { fakeClock, fakeIntervals, SECOND, MINUTE, HOUR, DAY }
