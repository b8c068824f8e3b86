'use strict'

/* eslint no-unmodified-loop-condition: off -- the last line of the listening callback stops the loops */

/*
 * The app, its clients, threads that share its second store, and the one who writes down its memory.
 */

const http = require('node:http')
const { Worker } = require('node:worker_threads')
const session = require('../..')
const { Browser } = require('../helpers/client')
const { listen } = require('../helpers/server')

const CLIENTS = 8
const MAX = 5000
const MAX_AGE = 4000
/** How long the last sessions may take to go after their time is up. A busy machine gives the sweeper few turns. */
const PATIENCE = 30_000
/** Samples in the whole time. */
const SAMPLES = 40

const duration = Number(process.argv[2])
const store = new session.MemoryStore({ max: MAX })
const shared = new session.MemoryStore({ shared: 'soak', ttl: MAX_AGE, max: MAX })
const count = { requests: 0, wrong: 0 }
let going = true

const middleware = session({
  secret: 'a secret of the soak', resave: false, saveUninitialized: true, rolling: true, cookie: { maxAge: MAX_AGE }, store
})

/** What a client asks for, and what the app does then with `req.session`. */
const PAGES = {
  '/read': (req, done) => done(req.session.user),
  '/write': (req, done) => done(req.session.text = text()),
  '/login': (req, done) => req.session.regenerate((err) => {
    req.session.user = 'ada'
    done(err)
  }),
  '/save': (req, done) => req.session.save(done),
  '/reload': (req, done) => req.session.reload(done),
  '/logout': (req, done) => req.session.destroy(done)
}
const PATHS = Object.keys(PAGES)

main()

async function main () {
  const { port, close } = await listen((req, res) => {
    middleware(req, res, (err) => {
      if (err) return answer(500)
      PAGES[req.url](req, () => answer(200))
    })

    function answer (status) {
      res.statusCode = status
      res.end('ok')
    }
  })
  const agent = new http.Agent({ keepAlive: true })
  const clients = Array.from({ length: CLIENTS }, () => visit(port, agent))
  const others = [threads(), churn()]

  const began = Date.now()
  for (let sample = 1; sample <= SAMPLES; sample++) {
    await until(began + sample * duration / SAMPLES)
    global.gc()
    const { rss, heapUsed: heap, external } = process.memoryUsage()
    const seconds = Math.round((Date.now() - began) / 1000)
    process.send({ seconds, rss, heap, external, requests: count.requests, sessions: store.stats().sessions })
  }

  going = false
  await Promise.all([...clients, ...others])
  agent.destroy()
  close()
  await until(Date.now() + MAX_AGE)
  const all = await statsWhenEmpty()
  const sum = (read) => all.reduce((total, stats) => total + read(stats), 0)
  process.send({
    result: {
      ...count,
      sessions: sum((stats) => stats.sessions),
      bytes: sum((stats) => stats.bytes),
      tombstones: sum((stats) => stats.tombstones),
      evicted: sum((stats) => stats.evicted.max),
      expired: sum((stats) => stats.expired)
    }
  }, () => process.disconnect())
}

/** Each look shows the stores what time it is. One that nobody asks waits for ten minutes before it believes its own clock. */
async function statsWhenEmpty () {
  for (const end = Date.now() + PATIENCE; ; await until(Date.now() + 50)) {
    const all = [store.stats(), shared.stats()]
    if (all.every(({ sessions }) => sessions === 0) || Date.now() > end) return all
  }
}

/** A browser that sometimes loses its cookie and sometimes has a wrong one. */
async function visit (port, agent) {
  const browser = new Browser({ port, agent })
  while (going) {
    if (Math.random() < 0.2) browser.cookies.clear()
    const forged = Math.random() < 0.05 ? { cookie: 'connect.sid=s%3Aforged.' + 'x'.repeat(43) } : {}
    const { status } = await browser.get(PATHS[Math.floor(Math.random() * PATHS.length)], forged)
    if (status !== 200) count.wrong++
    count.requests++
  }
}

/** Threads that open the shared store, write to it, and end in the middle of their work. */
async function threads () {
  const code = `
    const { MemoryStore } = require(${JSON.stringify(require.resolve('../..'))})
    const store = new MemoryStore({ shared: 'soak', ttl: ${MAX_AGE} })
    setInterval(() => {
      for (let i = 0; i < 50; i++) store.set('t' + Math.random(), { cookie: {}, text: 'x'.repeat(Math.random() * 2000) })
    }, 1)`
  while (going) {
    const worker = new Worker(code, { eval: true })
    await new Promise((resolve) => worker.once('online', resolve))
    await until(Date.now() + 300)
    await worker.terminate()
  }
}

/** Sessions of all sizes that nobody comes back to, so that the bound is met. */
async function churn () {
  let number = 0
  while (going) {
    for (let i = 0; i < 20; i++) {
      const expires = new Date(Date.now() + Math.random() * MAX_AGE)
      store.set(`churn-${number++}`, { cookie: { expires, originalMaxAge: MAX_AGE }, text: text() })
    }
    await until(Date.now() + 5)
  }
}

function text () {
  return 'x'.repeat(Math.random() ** 4 * 20_000)
}

function until (moment) {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, moment - Date.now())))
}
