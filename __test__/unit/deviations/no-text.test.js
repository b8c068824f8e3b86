'use strict'

// A session that JSON cannot write (a cycle, a BigInt) never reaches a store and never ends the process. The error goes
// to the callback of `save`, or to `next`.

const assert = require('node:assert/strict')
const { turns } = require('../../helpers/calls')
const { sessionCookie } = require('../../helpers/client')
const { serve } = require('../../helpers/server')
const { mapStore, ways } = require('../../helpers/stores')
const { deviation, middleware } = require('../../helpers/subject')

/** A store that keeps the objects that it is given, as some do, and answers later. */
function objectStore () {
  const store = mapStore(ways.later)
  store.sets = 0
  store.set = (sid, session, callback) => {
    store.sets++
    setImmediate(callback)
  }
  return store
}

/** Answers a request, and calls `act` with its session at a moment after that. */
async function actAfterEnd (t, when, act) {
  const store = objectStore()
  const app = await serve(t, middleware({ store }), (req, res) => {
    const { session } = req
    if (when === 'while the store has not answered') {
      res.end('hello')
      act(session)
    } else {
      res.on('finish', () => act(session))
      res.end('hello')
    }
  })
  const res = await app.get('/')
  await turns()
  return { app, res, store }
}

for (const when of ['while the store has not answered', 'when all is over']) {
  deviation(`session.save reports the error after the end of the response (${when})`, async t => {
    const errors = []
    const { app, res, store } = await actAfterEnd(t, when, session => {
      session.self = session
      try {
        session.save(err => errors.push(err))
      } catch {
        errors.push('thrown')
      }
    })
    assert.equal(res.body, 'hello')
    assert.equal(store.sets, 1, 'that of the request')
    assert.equal(errors.length, 1)
    assert.match(String(errors[0]), /circular/)
    assert.deepEqual(app.errors, [])
  })
}

for (const [kind, cookie] of [['browser-session', {}], ['expiring', { maxAge: 60000 }]]) {
  deviation(`The end of a request reports the error with resave: true (${kind} cookie)`, async t => {
    const store = objectStore()
    store.get = (sid, callback) => setImmediate(callback, null, { cookie: { originalMaxAge: cookie.maxAge || null } })
    const app = await serve(t, middleware({ store, resave: true, cookie, genid: () => 'id' }), (req, res) => {
      req.session.big = 1n
      res.end('hello')
    })
    const res = await app.get('/', { cookie: sessionCookie('id', 'keyboard cat') })
    await turns()
    assert.equal(res.body, 'hello')
    assert.equal(store.sets, 0)
    assert.ok(app.errors.length > 0)
    for (const err of app.errors) assert.match(String(err), /BigInt/)
  })
}
