'use strict'

/*
 * Visitors of an app, and a clock that is set by hand.
 */

const { cookieOf } = require('./clients')
const { Request, Response } = require('./fakes')
const { fill } = require('./sample')

/**
 * Clients keep the cookie that they were sent last. What a visit does is a text of `VISITS`, or a function of the session.
 */
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
        if (what !== 'login') {
          if (typeof what === 'function') what(req.session)
          else VISITS[what](req.session)
          return res.end('page')
        }
        req.session.regenerate((err) => {
          if (err) return reject(err)
          fill(req.session, user.number)
          res.end('welcome')
        })
      })
    })
  }
}

/** Besides `login`, which makes a new session. */
const VISITS = {
  read () {},
  form: (session) => { session.csrf = 'c6Vt0rXwq9ZkLmN3bYsD7fGhJ2pTuAeR' },
  new: (session) => { session.csrf = 'c6Vt0rXwq9ZkLmN3bYsD7fGhJ2pTuAeR' }
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

module.exports = { makeClient, simulateClock }
