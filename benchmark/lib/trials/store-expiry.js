'use strict'

const { performance } = require('node:perf_hooks')
const { timed, watchStalls } = require('../stalls')
const { fillUp, makeStore } = require('../stores')

module.exports = storeExpiry

const SAMPLE = 20_000

/** All sessions of a store expire at one moment of the real clock. */
async function storeExpiry ({ contestant, count }) {
  const took = await timeToFill(contestant)
  const store = makeStore(contestant)

  return async () => {
    const before = process.memoryUsage().rss
    const expires = Date.now() + Math.ceil(took * count / SAMPLE * 2) + 3000
    await fillUp(contestant, store, count, { expires })
    const full = process.memoryUsage().rss
    if (Date.now() >= expires) throw new Error('filling took too long')

    global.gc()

    // First a while in which nothing expires, for comparison.
    await until(expires - 1500)
    const quiet = watchStalls()
    await until(expires - 100)
    const idle = quiet()

    let call = 0
    const stalls = watchStalls(() => {
      call = Math.max(call, timed(() => store.get('unknown', () => {})))
      if (contestant === 'ours') call = Math.max(call, timed(() => store.stats()))
    })
    await until(expires + 300)
    // Its own timer would do this some time later.
    if (contestant === 'memorystore') call = Math.max(call, timed(() => store.prune()))
    const within = await gone(contestant, store, expires)
    const stall = stalls()

    global.gc()
    await until(Date.now() + 500)
    const { rss } = process.memoryUsage()
    return { idle, stall, call, within, residentAfter: (rss - before) / (full - before) }
  }
}

async function timeToFill (contestant) {
  const store = makeStore(contestant)
  await fillUp(contestant, store, SAMPLE)
  const begin = performance.now()
  await fillUp(contestant, store, SAMPLE)
  return performance.now() - begin
}

/** Milliseconds from expiry until nothing is held any more; null if something is, three seconds later. */
async function gone (contestant, store, expires) {
  while (Date.now() < expires + 3000) {
    if (held(contestant, store) === 0) return Date.now() - expires
    await until(Date.now() + 25)
  }
  return null
}

function held (contestant, store) {
  switch (contestant) {
    case 'ours': return store.stats().sessions
    case 'memorystore': return store.store.itemCount
    default: return Infinity // nothing in it ever looks
  }
}

function until (moment) {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, moment - Date.now())))
}
