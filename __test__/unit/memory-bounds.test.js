'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { answers, ask } = require('../helpers/calls')
const { fakeClock, HOUR } = require('../helpers/clock')
const { serve } = require('../helpers/server')
const { middleware, session } = require('../helpers/subject')

const { Cookie, MemoryStore } = session

const data = (pad = 0) => ({ cookie: new Cookie({ maxAge: HOUR }), pad: 'x'.repeat(pad) })
const ids = async store => (await ask(store, 'ids')).sort()

for (const max of [1, 2, 3, 10, 100, 1000, 16384, 16385, 20000]) {
  test(`A store with max ${max} holds exactly ${max} sessions`, async () => {
    const store = new MemoryStore({ max })
    for (let i = 0; i < max; i++) store.set('id' + i, data())
    assert.equal(store.stats().sessions, max)
    assert.deepEqual(store.stats().evicted, { max: 0, maxBytes: 0 })
    for (let i = 0; i < 10; i++) {
      store.set('more' + i, data())
      assert.equal(store.stats().sessions, max)
      assert.ok(await ask(store, 'get', 'more' + i), 'the newest stays')
    }
    assert.deepEqual(store.stats().evicted, { max: 10, maxBytes: 0 })
  })
}

test('The oldest session that no client came back with is evicted first', async () => {
  const store = new MemoryStore({ max: 4 })
  for (const sid of ['a', 'b', 'c', 'd']) await ask(store, 'set', sid, data())
  await ask(store, 'get', 'a')
  await ask(store, 'get', 'c')
  await ask(store, 'set', 'e', data())
  assert.deepEqual(await ids(store), ['a', 'c', 'd', 'e'])
  await ask(store, 'set', 'f', data())
  assert.deepEqual(await ids(store), ['a', 'c', 'e', 'f'])
  for (const sid of ['g', 'h', 'i']) await ask(store, 'set', sid, data())
  assert.deepEqual(await ids(store), ['a', 'c', 'h', 'i'])
})

test('all, ids, sessions and iterating protect no session', async () => {
  const store = new MemoryStore({ max: 3 })
  for (const sid of ['a', 'b', 'c']) await ask(store, 'set', sid, data())
  await ask(store, 'all')
  await ask(store, 'ids')
  assert.ok(store.sessions.a && 'a' in store.sessions)
  for await (const [sid] of store) assert.ok(sid)
  await ask(store, 'set', 'd', data())
  assert.deepEqual(await ids(store), ['b', 'c', 'd'])
})

test('The session not seen for longest is evicted when all clients have come back', async () => {
  const store = new MemoryStore({ max: 3 })
  for (const sid of ['a', 'b', 'c']) {
    await ask(store, 'set', sid, data())
    await ask(store, 'get', sid)
  }
  await ask(store, 'set', 'd', data())
  assert.deepEqual(await ids(store), ['b', 'c', 'd'])
})

test('A session that is set again evicts nothing', async () => {
  const store = new MemoryStore({ max: 2 })
  for (const sid of ['a', 'b', 'a', 'b', 'a', 'b']) await ask(store, 'set', sid, data())
  assert.deepEqual(store.stats().evicted, { max: 0, maxBytes: 0 })
  assert.deepEqual(await ids(store), ['a', 'b'])
})

test('Destroyed and expired sessions make room', async t => {
  const clock = fakeClock(t)
  const store = new MemoryStore({ max: 2 })
  await ask(store, 'set', 'a', data())
  await ask(store, 'set', 'b', data())
  await ask(store, 'destroy', 'a')
  await ask(store, 'set', 'c', data())
  assert.deepEqual(await ids(store), ['b', 'c'])
  clock.advance(2 * HOUR)
  store.prune()
  await ask(store, 'set', 'd', data())
  await ask(store, 'set', 'e', data())
  assert.deepEqual(store.stats().evicted, { max: 0, maxBytes: 0 })
})

test('maxBytes is never exceeded, and not wasted either', async () => {
  const maxBytes = 100_000
  const store = new MemoryStore({ maxBytes })
  let held = 0
  for (let i = 0; i < 500; i++) {
    store.set('id' + i, data(i * 7 % 900))
    const { bytes, sessions } = store.stats()
    assert.ok(bytes <= maxBytes, `${bytes} after ${i}`)
    if (sessions < 500) held = Math.max(held, bytes)
  }
  assert.ok(held > 0.9 * maxBytes, String(held))
  const { evicted, sessions, sets } = store.stats()
  assert.equal(evicted.max, 0)
  assert.equal(evicted.maxBytes, sets - sessions)
})

test('A growing session evicts others and stays itself', async () => {
  const store = new MemoryStore({ maxBytes: 50_000 })
  for (let i = 0; i < 20; i++) await ask(store, 'set', 'id' + i, data(1000))
  assert.equal(store.stats().sessions, 20)
  await ask(store, 'set', 'id0', data(40_000))
  assert.equal((await ask(store, 'get', 'id0')).pad.length, 40_000)
  const { bytes, sessions } = store.stats()
  assert.ok(bytes <= 50_000 && sessions < 20 && sessions > 1, `${bytes} ${sessions}`)
})

test('A session larger than maxBytes is refused and evicts nothing', async () => {
  const store = new MemoryStore({ maxBytes: 20_000 })
  await ask(store, 'set', 'other', data(100))
  await ask(store, 'set', 'x', data(10))
  const before = store.stats()
  for (const sid of ['x', 'new']) {
    const calls = await answers(store, 'set', sid, data(20_000))
    assert.equal(calls.length, 1)
    assert.ok(calls[0][0] instanceof RangeError)
    assert.match(calls[0][0].message, /maxBytes/)
    assert.doesNotMatch(calls[0][0].message, /xxx/)
  }
  assert.equal((await ask(store, 'get', 'x')).pad.length, 10)
  assert.deepEqual(await ids(store), ['other', 'x'])
  assert.equal(store.stats().bytes, before.bytes)
  assert.deepEqual(store.stats().evicted, before.evicted)
})

for (const way of ['fast path', 'session.save']) {
  test(`A session too large for the store is an error for next and leaves the old one (${way})`, async t => {
    const store = new MemoryStore({ maxBytes: 20_000 })
    const errors = []
    const app = await serve(t, middleware({ store }), (req, res) => {
      req.session.views = (req.session.views || 0) + 1
      if (req.url === '/big') req.session.pad = 'x'.repeat(30_000)
      if (way === 'fast path') return res.end(String(req.session.views))
      req.session.save(err => {
        if (err) errors.push(err)
        res.end(String(req.session.views))
      })
    })
    const browser = app.browser()
    await browser.get('/')
    assert.equal((await browser.get('/big')).body, '2')
    const all = [...app.errors, ...errors]
    assert.ok(all.length >= 1)
    assert.ok(all.every(err => err instanceof RangeError && /maxBytes/.test(err.message)))
    assert.equal((await browser.get('/')).body, '2', 'the change was refused, the session is there')
  })
}

test('A session whose client came back outlives a flood of new sessions', async t => {
  const store = new MemoryStore({ max: 50 })
  const app = await serve(t, middleware({ store }), (req, res) => {
    req.session.views = (req.session.views || 0) + 1
    res.end(String(req.session.views))
  })
  const users = Array.from({ length: 10 }, () => app.browser())
  for (const user of users) {
    await user.get('/')
    await user.get('/')
  }
  for (let i = 0; i < 300; i++) store.set('flood' + i, data())
  for (const user of users) assert.equal((await user.get('/')).body, '3')
})

for (const [kind, options] of Object.entries({ 'on the fast path': {}, 'by the store\'s methods': { dispose () {} } })) {
  test(`A session regenerated for a client that came back is protected at once (${kind})`, async t => {
    const store = new MemoryStore({ max: 50, ...options })
    const app = await serve(t, middleware({ store, saveUninitialized: false }), (req, res) => {
      if (req.url === '/form') { req.session.form = 1; return res.end() }
      if (req.url === '/login') return req.session.regenerate(() => { req.session.user = 'ann'; res.end() })
      res.end(req.session.user)
    })
    const user = app.browser()
    await user.get('/form')
    await user.get('/login')
    for (let i = 0; i < 300; i++) store.set('flood' + i, data())
    assert.equal((await user.get('/who')).body, 'ann')
  })
}

for (const [kind, options] of Object.entries({ 'on the fast path': {}, 'by the store\'s methods': { dispose () {} } })) {
  test(`A signed cookie whose session is gone protects no session (${kind})`, async t => {
    const store = new MemoryStore({ max: 50, ...options })
    const app = await serve(t, middleware({ store, saveUninitialized: false }), (req, res) => {
      req.session.views = (req.session.views || 0) + 1
      res.end(String(req.session.views))
    })
    const stranger = app.browser()
    await stranger.get('/')
    store.clear()

    const users = Array.from({ length: 40 }, () => app.browser())
    for (const user of users) {
      await user.get('/')
      await user.get('/')
    }
    for (let i = 0; i < 200; i++) await stranger.copy().get('/')
    for (const user of users) assert.equal((await user.get('/')).body, '3')
  })
}
