'use strict'

const { openSync, readSync } = require('node:fs')
const os = require('node:os')
const { PerformanceObserver, performance } = require('node:perf_hooks')

module.exports = { comeFirst, timed, waited, watchPauses, watchStalls }

/** Other programs' turns on the processor are not stalls of this one: where it is allowed, it and its children go first. */
function comeFirst () {
  try {
    os.setPriority(-20)
  } catch {}
}

const buffer = Buffer.alloc(64)
const file = openSchedule()

function openSchedule () {
  try {
    return openSync('/proc/self/schedstat')
  } catch {
    return -1
  }
}

/** How long the main thread has waited for a processor, in ms; 0 where the system does not say. */
function waited () {
  if (file === -1) return 0
  const length = readSync(file, buffer, 0, 64, 0)
  let at = buffer.indexOf(32) + 1
  let ns = 0
  for (; at < length && buffer[at] !== 32; at++) ns = ns * 10 + buffer[at] - 48
  return ns / 1e6
}

/** How long a call holds up the event loop, in ms. */
function timed (call) {
  const wait = waited()
  const begin = performance.now()
  call()
  return performance.now() - begin - (waited() - wait)
}

/**
 * Goes round the event loop as fast as it can; the function that it returns ends that and says how long
 * the longest turn took, in ms, without the time that it waited for a processor.
 *
 * @param {function()} [each] is called in every turn
 */
function watchStalls (each = () => {}) {
  let last = performance.now()
  let lastWaited = waited()
  let longest = 0
  let on = true

  function look () {
    const now = performance.now()
    const wait = waited()
    longest = Math.max(longest, now - last - (wait - lastWaited))
    last = now
    lastWaited = wait
  }

  function turn () {
    look()
    each()
    if (on) setImmediate(turn)
  }

  setImmediate(turn)
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
    await new Promise((resolve) => setTimeout(resolve, 50))
    observer.disconnect()
    return longest
  }
}
