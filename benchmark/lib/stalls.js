'use strict'

const { openSync, readSync } = require('node:fs')
const { PerformanceObserver, performance } = require('node:perf_hooks')
const { setTimeout: sleep } = require('node:timers/promises')

const buffer = Buffer.alloc(64)
const schedule = openSchedule()

function openSchedule () {
  try {
    return openSync('/proc/self/schedstat')
  } catch {
    return undefined // only Linux has it
  }
}

/** How long the main thread has waited for a processor, in ms; 0 where the system does not say. */
function waited () {
  if (schedule === undefined) return 0
  // By hand, without garbage: it is read in every turn of the event loop.
  const length = readSync(schedule, buffer, 0, 64, 0)
  let ns = 0
  for (let at = buffer.indexOf(32) + 1; at < length && buffer[at] !== 32; at++) ns = ns * 10 + buffer[at] - 48
  return ns / 1e6
}

/** The time now in ms, without the time that the main thread has waited for a processor. */
function ownTime () {
  return performance.now() - waited()
}

/** How long a call holds up the event loop, in ms. */
function timed (call) {
  const begin = ownTime()
  call()
  return ownTime() - begin
}

/**
 * Watches the turns of the event loop. The function that it returns ends that and gives the longest turn, in ms.
 *
 * @param {function()} [each] is called in every turn
 */
function watchStalls (each = () => {}) {
  let last = ownTime()
  let longest = 0
  let on = true

  function look () {
    const now = ownTime()
    longest = Math.max(longest, now - last)
    last = now
  }

  setImmediate(function turn () {
    look()
    each()
    if (on) setImmediate(turn)
  })
  return function stop () {
    on = false
    look()
    return longest
  }
}

/** The same for the pauses of the garbage collector. */
function watchPauses () {
  let longest = 0
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longest = Math.max(longest, duration)
  })
  observer.observe({ entryTypes: ['gc'] })

  return async function stop () {
    await sleep(50)
    observer.disconnect()
    return longest
  }
}

module.exports = { ownTime, timed, watchPauses, watchStalls }
