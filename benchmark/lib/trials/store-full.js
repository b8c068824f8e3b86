'use strict'

const { timed, watchPauses, watchStalls } = require('../stalls')
const { fillUp, makeIds, makeSession, makeStore, nextTurn } = require('../stores')

module.exports = storeFull

const EVICTIONS = 5000

/** A store that is filled up to its bound: its memory, its pauses, and the stalls that it causes then. */
async function storeFull ({ contestant, count }) {
  const store = makeStore(contestant, { max: count })
  // Everything compiled and every buffer there before the process is weighed.
  await fillUp(contestant, makeStore(contestant), 5000)
  const empty = await weigh()

  return async () => {
    const pauses = watchPauses()
    await fillUp(contestant, store, count)
    const pause = await pauses()

    const full = await weigh()
    return {
      bytes: (full.resident - empty.resident) / count,
      heap: (full.heap - empty.heap) / count,
      pause,
      idle: await leastOf(idle),
      counting: await leastOf(() => countAll(store, count)),
      stats: contestant === 'ours' ? await leastOf(() => timed(() => store.stats())) : null,
      evicting: contestant === 'upstream' ? null : await leastOf(() => evict(contestant, store, count))
    }
  }
}

async function weigh () {
  for (let i = 0; i < 3; i++) {
    global.gc()
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  const { rss, heapUsed } = process.memoryUsage()
  return { resident: rss, heap: heapUsed }
}

/** Of three tries: the rest of the machine only ever adds. */
async function leastOf (measure) {
  const tries = []
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    tries.push(await measure())
  }
  return Math.min(...tries)
}

/** The longest turn of an event loop that has nothing to do. */
async function idle () {
  const stalls = watchStalls()
  await new Promise((resolve) => setTimeout(resolve, 100))
  return stalls()
}

async function countAll (store, count) {
  let counted
  const ms = timed(() => store.length((err, length) => { counted = err || length }))
  await new Promise((resolve) => setTimeout(resolve, 20))
  if (counted !== count) throw new Error(`${counted} sessions instead of ${count}`)
  return ms
}

/** The longest of many calls that store a new session in a full store. */
async function evict (contestant, store, count) {
  let longest = 0
  for (const [i, sid] of makeIds(EVICTIONS).entries()) {
    const session = makeSession(contestant, count + i)
    longest = Math.max(longest, timed(() => store.set(sid, session)))
    if (i % 50 === 0) await nextTurn()
  }
  return longest
}
