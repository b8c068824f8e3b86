'use strict'

/* One process of the cluster: the app, and strangers that nobody comes back to. sqlite.js says what to do and when. */

const http = require('node:http')
const session = require('../..')

const MAX = 300
const MAX_AGE = 60 * 60 * 1000
const STRANGERS_AGE = 4000

const store = new session.SQLiteStore({ file: process.argv[2], max: MAX })
const middleware = session({
  secret: 'a secret of the soak', resave: false, saveUninitialized: false, rolling: true, cookie: { maxAge: MAX_AGE }, store
})

const PAGES = {
  '/read': (req, url, done) => done(),
  '/write': (req, { searchParams }, done) => {
    Object.assign(req.session, { n: Number(searchParams.get('n')), text: text() })
    done()
  },
  '/login': (req, { searchParams }, done) => req.session.regenerate((err) => {
    req.session.user = searchParams.get('user')
    done(err)
  }),
  '/logout': (req, url, done) => req.session.destroy(done)
}

const server = http.createServer((req, res) => {
  middleware(req, res, (err) => {
    if (err) return answer(500, String(err.stack))
    const url = new URL(req.url, 'http://localhost')
    PAGES[url.pathname](req, url, (err) => {
      if (err) return answer(500, String(err.stack))
      const { user = null, n = null } = req.session || {}
      answer(200, JSON.stringify({ user, n }))
    })
  })

  function answer (status, text) {
    res.statusCode = status
    res.end(text)
  }
})
server.listen(0, '127.0.0.1')

let isBusy = true
churn()

/** Strangers, a few at a time. They wait for their answers as clients do. */
async function churn () {
  for (let number = 0; isBusy; number++) { // eslint-disable-line no-unmodified-loop-condition -- `rest` changes it
    await Promise.all(Array.from({ length: 5 }, (_, i) => {
      const expires = new Date(Date.now() + Math.random() * STRANGERS_AGE)
      return store.setAsync(`stranger-${process.pid}-${number}-${i}`, { cookie: { expires, originalMaxAge: STRANGERS_AGE }, text: text() })
    }))
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

process.on('message', (what) => COMMANDS[what]((answer) => process.send({ what, ...answer })))

const COMMANDS = {
  sample (answer) {
    global.gc()
    const { rss, heapUsed: heap } = process.memoryUsage()
    answer({ rss, heap })
  },
  /** No more strangers. The store has to see that the time goes on. */
  rest (answer) {
    isBusy = false
    setInterval(() => store.get('nobody', () => {}), 50).unref()
    answer()
  },
  stats (answer) {
    const { evicted, expired } = store.stats()
    answer({ evicted: evicted.max, expired })
  }
}

// Its servers have closed, and all their requests have been answered.
process.once('disconnect', () => process.exit())

function text () {
  return 'x'.repeat(Math.random() ** 4 * 20_000)
}
