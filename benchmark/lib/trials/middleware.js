'use strict'

const { promisify } = require('node:util')
const { makeClients } = require('../clients')
const { installAsExpressSession, isSessionless, makeMiddleware, makeStore } = require('../contestants')
const { drive, slicer } = require('../drive')
const { IN_FLIGHT, MAX_AGE, SLICE, USERS, fill } = require('../sample')

const REDIS_USERS = 100
/** V8 has optimised everything after some 30,000 requests, and behind Redis a millisecond holds fewer. */
const REDIS_WARM_UP = 1500
/** For stores that take milliseconds for a request. */
const FEW_WARM_UP = 100

/** One kind of request through one middleware. */
async function middleware ({ kind, bytes = 0, atOnce = SLICE, ...subject }) {
  // Large sessions take long: fewer at a time.
  const units = bytes > 5000 ? Math.ceil(2e6 / bytes) : atOnce
  const sessions = !isSessionless(subject)
  const store = await makeStore(subject)
  const send = await makeClients(makeMiddleware(subject, store), kind, { users: Math.min(USERS, units), bytes, sessions })
  // A contestant that logs in more users must not pay for a larger store.
  const before = kind === 'login' && sessions ? () => promisify(store.clear).call(store) : undefined
  return slicer(() => send(units), units, { before, warmUp: atOnce < SLICE ? FEW_WARM_UP : undefined })
}

/** What requests of a kind ask of the asynchronous store, without a middleware. */
async function asyncStore ({ kind }) {
  const calls = await storeCalls(kind, makeStore({ contestant: 'upstream-async' }), USERS)
  return slicer(() => drive(calls, SLICE, IN_FLIGHT), SLICE)
}

/**
 * A middleware on connect-redis. `store`: its calls alone. `ours` is installed in the place of
 * express-session; `ours-beside` is installed beside it, so that connect-redis inherits express-session's Store.
 */
async function redis ({ kind, port, ...subject }) {
  const { contestant } = subject
  if (contestant === 'ours') installAsExpressSession(subject)
  const { RedisStore } = require('connect-redis')
  const client = require('redis').createClient({ url: `redis://127.0.0.1:${port}` })
  await client.connect()
  const store = new RedisStore({ client, prefix: `${contestant}-${kind}:` })

  let send
  if (contestant === 'store') {
    const calls = await storeCalls(kind, store, REDIS_USERS)
    send = (count) => drive(calls, count, IN_FLIGHT)
  } else {
    send = await makeClients(makeMiddleware(subject, store), kind, { users: REDIS_USERS })
  }
  return slicer(() => send(REDIS_USERS), REDIS_USERS, { warmUp: REDIS_WARM_UP })
}

/** Fills the store and returns what requests of a kind ask of it, for `drive`. */
async function storeCalls (kind, store, users) {
  const sidOf = (number) => `session-${number % users}`
  const get = (number, then) => store.get(sidOf(number), (err, session) => {
    if (err) throw err
    then(session)
  })
  for (let number = 0; number < users; number++) await promisify(store.set).call(store, sidOf(number), plainSession(number))

  switch (kind) {
    case 'login': return (number, done) => store.set(`login-${number}`, plainSession(number), done)
    case 'read': return (number, done) => get(number, (session) => store.touch(sidOf(number), session, done))
    case 'write': return (number, done) => get(number, (session) => {
      session.views++
      store.set(sidOf(number), session, done)
    })
    default: return (number, done) => done()
  }
}

function plainSession (number) {
  const expires = new Date(Date.now() + MAX_AGE)
  const session = { cookie: { originalMaxAge: MAX_AGE, expires, httpOnly: true, path: '/' } }
  fill(session, number)
  return session
}

module.exports = { asyncStore, middleware, redis }
