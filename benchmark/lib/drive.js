'use strict'

const { performance } = require('node:perf_hooks')
const { setTimeout } = require('node:timers/promises')

/** CPU time of a slice, and of warming up, in milliseconds: 30,000 requests of the slowest contestant. */
const SLICE = 30
const WARM_UP = 1500
/** Milliseconds for background work that `before` started. */
const SETTLING = 20
/** Milliseconds between two reads of the CPU time: on some systems one read costs as much as a hundred requests. */
const LOOK = 10

/**
 * Sends `count` requests, `inFlight` at a time. The next one starts when one ends, at once or ticks later.
 *
 * @param {function(number, function)} exchange starts the request of that number and calls back at its end
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
        if (busy) again = true // ended at once: loop, because recursion would overflow the stack
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

/**
 * Warms `work` up, then returns what a trial returns: a function that measures one slice. It gives the CPU
 * time (all threads of the process) and the wall time of one unit of work, in nanoseconds.
 *
 * @param {function(): Promise} work
 * @param {number} units of work in one call
 * @param {{warmUp?: number, before?: function(): Promise}} [options] `warmUp`: CPU time in milliseconds;
 *   `before` tidies up before each slice, unmeasured
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
    cpu = cpuSince(begin)
  }
  return { cpu: cpu * 1000 / done, wall: (performance.now() - wall) * 1e6 / done }
}

/** CPU time of this process, all threads, in microseconds. */
function cpuSince (begin) {
  const { user, system } = process.cpuUsage(begin)
  return user + system
}

module.exports = { cpuSince, drive, slicer }
