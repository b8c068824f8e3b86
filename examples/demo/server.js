'use strict'

/*
 * The demo: sign in, count views, and watch the store live. It uses Express 5 and the MemoryStore.
 * `npm start` runs it in a clone of the repository. `PORT=8080 npm start` chooses the port.
 * cluster.js runs it in several processes, with a SQLiteStore.
 */

const { randomBytes } = require('node:crypto')
const path = require('node:path')
const express = require('express')
const session = require('../..')
const live = require('./live')

const FIRST_PORT = 3000
const PORTS_TO_TRY = 20
const CROWD = 10_000
/** Milliseconds for the answers of a process that leaves. */
const LAST_ANSWERS = 2000

// Small limits, so that a few clicks reach them.
const limits = { max: 25_000, maxBytes: 64 * 1024 * 1024 }
const file = process.env.SESSIONS_FILE
const store = file ? new session.SQLiteStore({ file, ...limits }) : new session.MemoryStore(limits)
const feed = live(store)
const app = express()

let isLeaving = false

app.disable('x-powered-by')
app.use((req, res, next) => {
  if (isLeaving) res.set('Connection', 'close')
  next()
})
app.get('/live', feed.connect) // before the session middleware: watching needs no session

app.use(session({
  store,
  // A new secret at each start is fine here, because the sessions end with the process or the cluster.
  secret: process.env.SESSION_SECRET || randomBytes(32),
  resave: false,
  saveUninitialized: false,
  cookie: { httpOnly: true, sameSite: 'lax', maxAge: 30 * 60 * 1000 }
}))
app.use(express.json())

app.get('/', (req, res) => {
  count(req.session)
  res.sendFile(path.join(__dirname, 'page.html'))
})

app.get('/me', (req, res) => res.json(describe(req)))

app.post('/view', (req, res) => {
  count(req.session)
  res.json(describe(req))
})

app.post('/sign-in', (req, res, next) => {
  const name = String(req.body?.name ?? '').trim().slice(0, 40)
  if (!name) return res.status(400).json({ error: 'Please type a name.' })
  const { views } = req.session
  // A new id at each sign-in prevents session fixation.
  req.session.regenerate((err) => {
    if (err) return next(err)
    req.session.user = { name, since: Date.now() }
    req.session.views = views || 0
    res.json(describe(req))
  })
})

app.post('/sign-out', (req, res, next) => {
  req.session.destroy((err) => {
    if (err) return next(err)
    res.clearCookie('connect.sid').json({ user: null, views: 0, id: null })
  })
})

app.post('/crowd', async (req, res) => {
  await crowd(CROWD)
  res.json({ made: CROWD })
})

function count (sess) {
  sess.views = (sess.views || 0) + 1
}

// The id is a secret, so the page shows only its beginning.
function describe ({ session: { user, views = 0 }, sessionID }) {
  return { user: user || null, views, id: user || views ? sessionID.slice(0, 6) : null }
}

// Sessions of visitors who never come back. Each lives for 4 to 14 seconds, unless it is evicted first.
async function crowd (size) {
  for (let made = 0; made < size; made++) {
    const cookie = new session.Cookie({ maxAge: 4000 + Math.random() * 10_000 })
    store.set(randomBytes(24).toString('base64url'), { cookie, views: 1, from: 'the crowd' })
    if (made % 500 === 499) await new Promise(setImmediate)
  }
}

function listen () {
  const wanted = process.env.PORT
  const first = wanted === undefined || wanted === '' ? FIRST_PORT : Number(wanted)
  if (!Number.isInteger(first) || first < 0 || first > 65_535) {
    fail(`PORT is ${JSON.stringify(wanted)}; it has to be a number from 0 to 65535.`)
  }
  // If the user chose the port, only this one is tried. Otherwise, the next free one is used.
  const last = first === FIRST_PORT && !wanted ? first + PORTS_TO_TRY - 1 : first
  tryPort(first, last)
}

function tryPort (port, last) {
  const server = app.listen(port, (err) => {
    if (!err) return ready(server)
    if (err.code === 'EADDRINUSE' && port < last) return tryPort(port + 1, last)
    if (err.code === 'EADDRINUSE') fail(`Port ${port} is taken. Choose another one: PORT=${port + 1} npm start`)
    fail(`Port ${port} cannot be opened: ${err.message}`)
  })
}

function ready (server) {
  console.log(`The demo is at http://localhost:${server.address().port}/`)
  let stopping = false
  // A process of a cluster whose place another has taken: what was begun is answered.
  process.once('message', () => {
    isLeaving = true
    feed.close()
    server.closeIdleConnections()
    // Browsers keep connections on which nothing was asked yet.
    setTimeout(() => server.closeAllConnections(), LAST_ANSWERS).unref()
  })
  process.once('disconnect', () => process.exit(0)) // when all connections have ended
  const stop = () => {
    // npm forwards Ctrl-C, so the signal arrives twice.
    if (stopping) return
    stopping = true
    console.log('\nThe demo ends.')
    feed.close()
    store.close?.()
    server.close(() => process.exit(0))
    server.closeAllConnections()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
}

function fail (text) {
  console.error(text)
  process.exit(1)
}

listen()
