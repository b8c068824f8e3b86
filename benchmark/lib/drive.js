'use strict'

const { performance } = require('node:perf_hooks')
const { setTimeout } = require('node:timers/promises')

/**
 * Sends `count` requests through `exchange`, `inFlight` at a time; the next one starts when one is done,
 * whether that is at once or ticks later.
 *
 * @param {function(number, function)} exchange starts the request of that number, calls back at its end
 */
function drive (exchange, count, inFlight) {
  return new Promise((resolve, reject) => {
    let started = 0
    let finished = 0

    function runner () {
      let busy = false
      let again = false

      function done () {
        if (++finished === count) return resolve()
        if (busy) again = true
        else go()
      }

      function go () {
        busy = true
        try {
          do {
            again = false
            if (started === count) break
            exchange(started++, done)
          } while (again)
        } catch (err) {
          reject(err)
        }
        busy = false
      }

      go()
    }

    for (let i = 0; i < Math.min(inFlight, count); i++) runner()
  })
}

/** CPU time of a slice, and of warming up, in milliseconds. */
const SLICE = 30
const WARM_UP = 300
/** Milliseconds for what `before` leaves to the background. */
const SETTLING = 20
/** How often to read the CPU time, in milliseconds: on some systems that costs as much as a hundred requests. */
const LOOK = 10

/**
 * Warms `work` up and makes of it what a trial resolves to: measures a slice, CPU time of the process
 * (all its threads) and wall time for one unit of work, in nanoseconds.
 *
 * @param {function(): Promise} work
 * @param {number} units that it does in one call
 * @param {object} [options]
 * @param {number} [options.warmUp] CPU time in milliseconds; more for what does less in a millisecond
 * @param {function(): Promise} [options.before] tidies up before each slice, unmeasured
 */
async function slicer (work, units, { warmUp = WARM_UP, before } = {}) {
  await measure(work, units, warmUp)
  return async () => {
    if (before) {
      await before()
      await setTimeout(SETTLING)
    }
    return measure(work, units, SLICE)
  }
}

async function measure (work, units, ms) {
  const begin = process.cpuUsage()
  const wall = performance.now()
  let done = 0
  let cpu = 0
  while (cpu < ms * 1000) {
    const look = performance.now() + LOOK
    do {
      await work()
      done += units
    } while (performance.now() < look)
    const { user, system } = process.cpuUsage(begin)
    cpu = user + system
  }
  return { cpu: cpu * 1000 / done, wall: (performance.now() - wall) * 1e6 / done }
}

module.exports = { drive, slicer }
