'use strict'

const os = require('node:os')
const { PerformanceObserver, performance } = require('node:perf_hooks')

module.exports = { comeFirst, watchPauses, watchStalls }

/** Other programs' turns on the processor are not stalls of this one: where it is allowed, this goes first. */
function comeFirst () {
  try {
    os.setPriority(-20)
  } catch {}
}

/** Goes round the event loop as fast as it can; the function that it returns ends that and says the longest turn, in ms. */
function watchStalls () {
  let last = performance.now()
  let longest = 0
  let on = true

  function turn () {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
    if (on) setImmediate(turn)
  }

  setImmediate(turn)
  return function stop () {
    on = false
    return Math.max(longest, performance.now() - last)
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
