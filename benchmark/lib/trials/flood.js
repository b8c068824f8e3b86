'use strict'

const { setImmediate: nextTurn } = require('node:timers/promises')
const { cookieOf } = require('../clients')
const { makeMiddleware, makeStore } = require('../contestants')
const { Request, Response } = require('../fakes')
const { fill } = require('../sample')
const { ownTime } = require('../stalls')

const SECOND = 1000
const MINUTE = 60 * SECOND
const LENGTH = 2 * MINUTE
const USERS = 1000
const LATE_USERS = 100
const NEW_A_MS = 2
const MIB = 2 ** 20
/** Requests in one turn of the event loop, of a flood without `max`. */
const AT_ONCE = 20

/**
 * A bounded store under a flood of clients that never come back: which users are logged out? Two minutes of a
 * simulated clock.
 *
 * @param {object} args
 * @param {number} args.max sessions
 * @param {number} args.typing milliseconds between the page with the login form and the form
 */
async function flood ({ max, typing, ...subject }) {
  const clock = simulateClock()
  const store = makeStore(subject, { max, maxBytes: Infinity })
  const client = makeClient(makeMiddleware(subject, store))
  const lost = new Set()

  async function visit (user, what) {
    const session = await client(user, what)
    if (what === 'read' && session.user === undefined) lost.add(user)
  }

  return async () => {
    const users = Array.from({ length: USERS + LATE_USERS }, (_, number) => ({ number }))
    const late = users.slice(USERS)
    for (const user of users.slice(0, USERS)) {
      await visit(user, 'form')
      await visit(user, 'login')
      clock.forward(1)
    }

    const plan = makePlan(users.slice(0, USERS), late, typing)
    for (let time = 0; time < LENGTH; time++) {
      for (const { user, what } of plan[time]) await visit(user, what)
      for (let i = 0; i < NEW_A_MS; i++) await visit({ number: time }, 'new')
      clock.forward(1)
      // For timers and for the engine's sweeper.
      if (time % 10 === 0) await nextTurn()
    }

    for (const user of users) await visit(user, 'read')
    const held = await new Promise((resolve, reject) => store.length((err, length) => err ? reject(err) : resolve(length)))
    return {
      'users logged out': lost.size,
      'of them late': late.filter((user) => lost.has(user)).length,
      'sessions held': held
    }
  }
}

/** Who does what in each millisecond. */
function makePlan (users, late, typing) {
  const plan = Array.from({ length: LENGTH }, () => [])
  const readEveryMinute = (user, from) => {
    for (let time = from; time < LENGTH; time += MINUTE) plan[time].push({ user, what: 'read' })
  }
  for (const user of users) readEveryMinute(user, user.number * MINUTE / USERS)
  for (const [i, user] of late.entries()) {
    const begin = (i + 0.5) * MINUTE / LATE_USERS
    plan[begin].push({ user, what: 'form' })
    plan[begin + typing].push({ user, what: 'login' })
    readEveryMinute(user, begin + typing + MINUTE)
  }
  return plan
}

/** Clients keep the cookie that they were sent last. */
function makeClient (handle) {
  return function request (user, what) {
    return new Promise((resolve, reject) => {
      const req = new Request(user.cookie)
      const res = new Response(req, (res) => {
        const header = res.getHeader('set-cookie')
        if (header !== undefined) user.cookie = cookieOf(header)
        resolve(req.session)
      })
      handle(req, res, (err) => {
        if (err) return reject(err)
        if (what === 'form' || what === 'new') req.session.csrf = user.pad || 'c6Vt0rXwq9ZkLmN3bYsD7fGhJ2pTuAeR'
        if (what === 'logout') return req.session.destroy(() => res.end('page'))
        if (what !== 'login') return res.end('page')
        req.session.regenerate((err) => {
          if (err) return reject(err)
          fill(req.session, user.number)
          res.end('welcome')
        })
      })
    })
  }
}

/** Sets `Date.now` and `new Date()` of this process by hand from now on. */
function simulateClock () {
  let now = Date.now()
  global.Date = class extends Date {
    constructor (...args) {
      super(...(args.length === 0 ? [now] : args))
    }

    static now () {
      return now
    }
  }
  return { forward: (ms) => { now += ms } }
}

/** New sessions without end, through the middleware, into a store with a maximum of bytes. */
async function floodBytes ({ count, maxBytes, ...subject }) {
  const store = makeStore(subject, { maxBytes })
  const handle = makeMiddleware(subject, store)

  return async () => {
    let peak = 0
    let answered = 0
    let longestTurn = 0
    let total = 0
    let above10ms = 0
    for (let number = 0; number < count; number += AT_ONCE) {
      const begin = ownTime()
      for (let i = 0; i < AT_ONCE; i++) {
        const req = new Request()
        const res = new Response(req, () => { answered++ })
        handle(req, res, (err) => {
          if (err) throw err
          fill(req.session, number + i)
          res.end('page')
        })
      }
      await nextTurn()
      const turn = ownTime() - begin
      total += turn
      longestTurn = Math.max(longestTurn, turn)
      if (turn > 10) above10ms++
      if (number % 10_000 === 0) peak = Math.max(peak, process.memoryUsage.rss())
    }

    if (answered !== count) throw new Error(`${answered} answers to ${count} requests`)
    return {
      'new sessions': count,
      '`maxBytes`, MiB': maxBytes / MIB,
      'peak resident memory, MiB': Math.round(peak / MIB),
      'requests answered': answered,
      'sessions held at the end': store.stats().sessions,
      'mean turn, ms': total * AT_ONCE / count,
      'longest turn, ms': longestTurn,
      'turns in all': count / AT_ONCE,
      'turns above 10 ms': above10ms
    }
  }
}

module.exports = { flood, floodBytes, makeClient, simulateClock }
