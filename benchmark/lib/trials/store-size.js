'use strict'

const { fillUp, makeSession, makeStore, nextTurn } = require('../stores')

module.exports = storeSize

const SAMPLE = 100_000
const AT_ONCE = 1000

/** What set, get and touch cost in a store of `count` sessions, in nanoseconds of CPU, whoever is asked for. */
async function storeSize ({ contestant, count }) {
  const store = makeStore(contestant)
  const sids = []
  let seen = 0
  const every = Math.max(1, Math.floor(count / SAMPLE))
  await fillUp(contestant, store, count, { keep: (sid) => { if (seen++ % every === 0) sids.push(sid) } })
  shuffle(sids)

  const order = Array.from({ length: SAMPLE }, (_, i) => sids[i % sids.length])
  const sessions = Array.from({ length: AT_ONCE }, (_, number) => makeSession(contestant, number))

  const work = {
    get: (sid) => store.get(sid, found),
    touch: (sid, i) => store.touch(sid, sessions[i], fail),
    set: (sid, i) => store.set(sid, sessions[i], fail)
  }

  return async () => {
    const result = { count }
    for (const [kind, one] of Object.entries(work)) result[kind] = await each(order, one)
    return result
  }
}

async function each (order, one) {
  const begin = process.cpuUsage()
  for (let at = 0; at < order.length; at += AT_ONCE) {
    for (let i = 0; i < AT_ONCE; i++) one(order[at + i], i)
    await nextTurn()
  }
  const { user, system } = process.cpuUsage(begin)
  return (user + system) * 1000 / order.length
}

function found (err, session) {
  if (err || !session) throw err || new Error('a session is missing')
}

function fail (err) {
  if (err) throw err
}

function shuffle (list) {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [list[i], list[j]] = [list[j], list[i]]
  }
}
