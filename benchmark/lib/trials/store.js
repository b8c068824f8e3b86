'use strict'

const { randomFillSync } = require('node:crypto')
const { setImmediate: nextTurn, setTimeout: sleep } = require('node:timers/promises')
const { library, makeStore } = require('../contestants')
const { cpuSince } = require('../drive')
const { MAX_AGE, fill } = require('../sample')
const { timed, watchPauses, watchStalls } = require('../stalls')

/** Sessions stored in one turn of the event loop. */
const AT_ONCE = 500
/** New sessions in a full store. */
const EVICTIONS = 5000
/** Sessions that tell how fast a store fills. */
const FILLED = 20_000
/** Calls of each method in a store of any size, and of those in one turn of the event loop. */
const CALLS = 100_000
const CALLS_AT_ONCE = 1000

/** A store that is filled up to its maximum: memory, pauses, and the stalls that it causes then. */
async function full ({ count, ...subject }) {
  const store = boundless(subject, { max: count })
  // Before the process is weighed, everything is compiled and every buffer is there.
  await fillUp(subject, boundless(subject), 5000)
  const empty = await weigh()

  return async () => {
    const pauses = watchPauses()
    await fillUp(subject, store, count)
    const pause = await pauses()

    const full = await weigh()
    return {
      'resident bytes per session': (resident(full) - resident(empty)) / count,
      'V8 heap bytes per session': (full.heapUsed - empty.heapUsed) / count,
      'longest GC pause while filling, ms': pause,
      'stall: nothing, ms': await leastOf(idle),
      'stall: counting, ms': await leastOf(() => countAll(store, count)),
      'stall: `stats()`, ms': store.stats ? await leastOf(() => timed(() => store.stats())) : null,
      'stall: evicting, ms': subject.contestant === 'upstream' ? null : await leastOf(() => evict(subject, store, count))
    }
  }
}

/** All sessions of a store expire at one moment of the real clock. */
async function expiry ({ count, ...subject }) {
  const { contestant } = subject
  const took = await timeToFill(subject)
  const store = boundless(subject)

  return async () => {
    const before = process.memoryUsage().rss
    const expires = Date.now() + Math.ceil(took * count / FILLED * 2) + 3000
    await fillUp(subject, store, count, { expires })
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
      if (store.stats) call = Math.max(call, timed(() => store.stats()))
    })
    await until(expires + 300)
    // memorystore's own timer would do this some time later.
    if (contestant === 'memorystore') call = Math.max(call, timed(() => store.prune()))
    const within = await timeUntilEmpty(subject, store, expires)
    const stall = stalls()

    global.gc()
    await sleep(500)
    return {
      'longest call of the store meanwhile, ms': call,
      'longest turn of the event loop meanwhile, ms': stall,
      'longest turn shortly before, ms': idle,
      'all gone after, ms': within,
      'memory still resident, %': 100 * (process.memoryUsage().rss - before) / (full - before)
    }
  }
}

/** CPU time of get, touch and set in a store of `count` sessions, picked at random, in nanoseconds. */
async function scale ({ count, ...subject }) {
  const store = boundless(subject)
  const sids = []
  const every = Math.max(1, Math.floor(count / CALLS))
  await fillUp(subject, store, count, { onStored: (sid, number) => number % every === 0 && sids.push(sid) })
  shuffle(sids)
  const sessions = Array.from({ length: CALLS_AT_ONCE }, (_, number) => makeSession(subject, number))

  async function costOf (call) {
    const begin = process.cpuUsage()
    for (let at = 0; at < CALLS; at += CALLS_AT_ONCE) {
      for (let i = 0; i < CALLS_AT_ONCE; i++) call(sids[(at + i) % sids.length], sessions[i])
      await nextTurn()
    }
    return cpuSince(begin) * 1000 / CALLS
  }

  return async () => ({
    count,
    get: await costOf((sid) => store.get(sid, found)),
    touch: await costOf((sid, session) => store.touch(sid, session, fail)),
    set: await costOf((sid, session) => store.set(sid, session, fail))
  })
}

/** This package's store has a maximum of bytes by default, which would end the filling. */
function boundless (subject, options) {
  return makeStore(subject, { maxBytes: Infinity, ...options })
}

async function fillUp (subject, store, count, { expires, onStored = () => {} } = {}) {
  for (let number = 0; number < count; number += AT_ONCE) {
    for (const [i, sid] of makeIds(Math.min(AT_ONCE, count - number)).entries()) {
      store.set(sid, makeSession(subject, number + i, expires), fail)
      onStored(sid, number + i)
    }
    await nextTurn()
  }
}

async function timeToFill (subject) {
  const store = boundless(subject)
  await fillUp(subject, store, FILLED)
  const begin = Date.now()
  await fillUp(subject, store, FILLED)
  return Date.now() - begin
}

function makeSession (subject, number, expires) {
  const session = { cookie: new (library(subject).Cookie)({ maxAge: MAX_AGE, secure: false }) }
  if (expires !== undefined) session.cookie.expires = new Date(expires)
  fill(session, number)
  return session
}

/** Ids like those of the middlewares: 24 random bytes, 32 characters. */
function makeIds (count) {
  const bytes = randomFillSync(Buffer.allocUnsafe(24 * count))
  return Array.from({ length: count }, (_, i) => bytes.toString('base64url', 24 * i, 24 * i + 24))
}

async function weigh () {
  for (let i = 0; i < 3; i++) {
    global.gc()
    await sleep(200)
  }
  return process.memoryUsage()
}

/** Without what V8 keeps free for new objects: under load, that grows by as much as the sessions of a small store. */
function resident ({ rss, heapTotal, heapUsed }) {
  return rss - (heapTotal - heapUsed)
}

/** Of three tries: the rest of the machine only ever adds. */
async function leastOf (measure) {
  const tries = []
  for (let i = 0; i < 3; i++) {
    await sleep(20)
    tries.push(await measure())
  }
  return Math.min(...tries)
}

/** The longest turn of an event loop that has nothing to do. */
async function idle () {
  const stalls = watchStalls()
  await sleep(100)
  return stalls()
}

async function countAll (store, count) {
  let counted
  const ms = timed(() => store.length((err, length) => { counted = err || length }))
  await sleep(20)
  if (counted !== count) throw new Error(`${counted} sessions instead of ${count}`)
  return ms
}

/** The longest of many calls that store a new session in a full store. */
async function evict (subject, store, count) {
  let longest = 0
  for (const [i, sid] of makeIds(EVICTIONS).entries()) {
    const session = makeSession(subject, count + i)
    longest = Math.max(longest, timed(() => store.set(sid, session)))
    if (i % 50 === 0) await nextTurn()
  }
  return longest
}

/** Milliseconds from expiry until the store holds nothing; null if it still does three seconds later. */
async function timeUntilEmpty ({ contestant }, store, expires) {
  const held = {
    ours: () => store.stats().sessions,
    memorystore: () => store.store.itemCount,
    upstream: () => Infinity // never looks on its own
  }[contestant]
  while (Date.now() < expires + 3000) {
    if (held() === 0) return Date.now() - expires
    await sleep(25)
  }
  return null
}

function until (moment) {
  return sleep(Math.max(0, moment - Date.now()))
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

module.exports = { expiry, full, scale }
