'use strict'

const { Request, Response } = require('../fakes')
const { COOKIE, SECRET, fill } = require('../sample')
const { library, makeStore, nextTurn } = require('../stores')

module.exports = flood

const SECOND = 1000
const MINUTE = 60 * SECOND
const LENGTH = 2 * MINUTE
const USERS = 1000
const LATE_USERS = 100
const NEW_A_SECOND = 2000

/**
 * A bounded store under a flood of clients that never come back: which users are logged out? Two minutes
 * of a clock that is set by hand.
 *
 * @param {object} args
 * @param {number} args.max
 * @param {number} args.typing milliseconds between the page with the form and the form
 */
async function flood ({ contestant, max, typing }) {
  const clock = setClock()
  const store = makeStore(contestant, { max })
  const client = makeClient(library(contestant)({
    secret: SECRET, store, resave: false, saveUninitialized: false, cookie: COOKIE
  }))
  const lost = new Set()

  async function comeBack (user) {
    const session = await client(user, 'read')
    if (session.user === undefined) lost.add(user)
  }

  return async () => {
    const users = Array.from({ length: USERS }, (_, number) => ({ number }))
    for (const user of users) {
      await client(user, 'form')
      await client(user, 'login')
      clock.forward(1)
    }

    const late = Array.from({ length: LATE_USERS }, (_, number) => ({ number: USERS + number }))
    const plan = makePlan(users, late, typing)
    for (let time = 0; time < LENGTH; time++) {
      for (const { user, what } of plan[time]) {
        if (what === 'read') await comeBack(user)
        else await client(user, what)
      }
      for (let i = 0; i < NEW_A_SECOND / SECOND; i++) await client({ number: time }, 'new')
      clock.forward(1)
      // Timers and the sweeper have their turns.
      if (time % 10 === 0) await nextTurn()
    }

    for (const user of [...users, ...late]) await comeBack(user)
    const isLate = [...lost].filter((user) => user.number >= USERS).length
    return { lost: lost.size, lateLost: isLate, of: USERS + LATE_USERS, held: await held(store) }
  }
}

/** Who does what in each millisecond. */
function makePlan (users, late, typing) {
  const plan = Array.from({ length: LENGTH }, () => [])
  for (const user of users) {
    for (let time = user.number * MINUTE / USERS; time < LENGTH; time += MINUTE) plan[Math.floor(time)].push({ user, what: 'read' })
  }
  for (const [i, user] of late.entries()) {
    const begin = Math.floor((i + 0.5) * MINUTE / LATE_USERS)
    plan[begin].push({ user, what: 'form' })
    plan[begin + typing].push({ user, what: 'login' })
    for (let time = begin + typing + MINUTE; time < LENGTH; time += MINUTE) plan[time].push({ user, what: 'read' })
  }
  return plan
}

/** Clients keep the cookie that they were sent last. */
function makeClient (handle) {
  return function request (user, what) {
    return new Promise((resolve, reject) => {
      const req = new Request(user.cookie)
      const res = new Response(req, (res) => {
        const set = res.getHeader('set-cookie')
        if (set !== undefined) user.cookie = String(set).split(';', 1)[0]
        resolve(req.session)
      })
      handle(req, res, (err) => {
        if (err) return reject(err)
        if (what === 'form' || what === 'new') {
          req.session.csrf = 'c6Vt0rXwq9ZkLmN3bYsD7fGhJ2pTuAeR'
        } else if (what === 'login') {
          return req.session.regenerate((err) => {
            if (err) return reject(err)
            fill(req.session, user.number)
            res.end('welcome')
          })
        }
        res.end('page')
      })
    })
  }
}

/** `Date.now` and `new Date()` of this process, from now on. */
function setClock () {
  const RealDate = Date
  let now = RealDate.now()

  class ClockDate extends RealDate {
    constructor (...args) {
      if (args.length === 0) super(now)
      else super(...args)
    }

    static now () {
      return now
    }
  }

  global.Date = ClockDate
  return { forward: (ms) => { now += ms } }
}

function held (store) {
  return new Promise((resolve, reject) => {
    store.length((err, length) => err ? reject(err) : resolve(length))
  })
}
