'use strict'

const { performance } = require('node:perf_hooks')
const { Request, Response } = require('../fakes')
const { SECRET, COOKIE, fill } = require('../sample')
const { waited } = require('../stalls')
const { library, makeStore, nextTurn } = require('../stores')

module.exports = floodBytes

/** Requests in a turn of the event loop. */
const AT_ONCE = 20

/** New sessions without end, through the middleware, into a store that is bounded in bytes. */
async function floodBytes ({ count, maxBytes }) {
  const store = makeStore('ours', { maxBytes })
  const handle = library('ours')({ secret: SECRET, store, resave: false, saveUninitialized: false, cookie: COOKIE })

  return async () => {
    let peak = 0
    let answered = 0
    const turns = new Turns()

    for (let number = 0; number < count; number += AT_ONCE) {
      const begin = performance.now()
      const wait = waited()
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
      turns.add(performance.now() - begin - (waited() - wait))
      if (number % 10_000 === 0) peak = Math.max(peak, process.memoryUsage.rss())
    }

    const { sessions, bytes, evicted } = store.stats()
    if (answered !== count) throw new Error(`${answered} answers to ${count} requests`)
    return { count, maxBytes, peak, answered, sessions, bytes, evicted: evicted.maxBytes, ...turns.summary() }
  }
}

/** How long turns take. */
class Turns {
  constructor () {
    this.longest = 0
    this.total = 0
    this.count = 0
    this.above10ms = 0
  }

  add (ms) {
    this.longest = Math.max(this.longest, ms)
    this.total += ms
    this.count++
    if (ms > 10) this.above10ms++
  }

  summary () {
    return { longestTurn: this.longest, meanTurn: this.total / this.count, turns: this.count, above10ms: this.above10ms }
  }
}
