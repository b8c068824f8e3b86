'use strict'

const { comeFirst, watchPauses, watchStalls } = require('../stalls')
const { fillUp, makeIds, makeSession, makeStore, nextTurn } = require('../stores')

module.exports = storeFull

const EVICTIONS = 5000

/** A store that is filled up to its bound: its memory, its pauses, and the stalls that it causes then. */
async function storeFull ({ contestant, count }) {
  comeFirst()
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
      idle: await longest(() => {}),
      counting: await longest(() => new Promise((resolve, reject) => {
        store.length((err, length) => {
          if (err) reject(err)
          else if (length === count) resolve()
          else reject(new Error(`${length} sessions instead of ${count}`))
        })
      })),
      stats: contestant === 'ours' ? await longest(() => { store.stats() }) : null,
      evicting: contestant === 'upstream' ? null : await longest(() => evict(contestant, store, count))
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

/** The longest turn of the event loop while `work` is done, in milliseconds: the least of three tries. */
async function longest (work) {
  let least = Infinity
  for (let i = 0; i < 3; i++) {
    await nextTurn()
    const stalls = watchStalls()
    await nextTurn()
    await work()
    await new Promise((resolve) => setTimeout(resolve, 20))
    least = Math.min(least, stalls())
  }
  return least
}

/** New sessions in a full store, one in a turn. */
async function evict (contestant, store, count) {
  for (const [i, sid] of makeIds(EVICTIONS).entries()) {
    store.set(sid, makeSession(contestant, count + i))
    await nextTurn()
  }
}
