'use strict'

// saveAsync and the like: what can be awaited, and what can not.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { turns } = require('../../helpers/calls')
const { failingStore, stores } = require('../../helpers/features')
const { serve } = require('../../helpers/server')
const { middleware, session } = require('../../helpers/subject')

const { MemoryStore, Session, Store } = session
const IN_SESSIONS = ['saveAsync', 'reloadAsync', 'regenerateAsync', 'destroyAsync']
const IN_STORES = ['getAsync', 'setAsync', 'touchAsync', 'destroyAsync', 'loadAsync', 'clearAsync', 'lengthAsync', 'allAsync', 'idsAsync']

for (const [kind, make] of Object.entries({ ...stores, 'a store that can fail': failingStore })) {
  test(`Sessions can be awaited (${kind})`, async t => {
    const { store } = make()
    const kept = sid => new Promise((resolve, reject) => store.get(sid, (err, data) => err ? reject(err) : resolve(data)))
    const app = await serve(t, middleware({ store, saveUninitialized: false }), async (req, res) => {
      const before = req.session
      const { id } = before
      before.n = (before.n || 0) + 1
      assert.equal(await before.saveAsync(), undefined)
      assert.equal((await kept(id)).n, before.n)

      before.other = true
      const reloaded = await before.reloadAsync()
      assert.equal(reloaded, req.session)
      assert.notEqual(reloaded, before)
      assert.equal(reloaded.other, undefined)
      if (req.url === '/') return res.end(String(reloaded.n))

      const fresh = await reloaded.regenerateAsync()
      assert.equal(fresh, req.session)
      assert.notEqual(fresh.id, id)
      assert.ok(!(await kept(id)))

      await fresh.saveAsync()
      assert.equal(await fresh.destroyAsync(), undefined)
      assert.equal(req.session, undefined)
      assert.ok(!(await kept(fresh.id)))
      res.end('gone')
    })
    const browser = app.browser()
    assert.equal((await browser.get('/')).body, '1')
    assert.equal((await browser.get('/')).body, '2')
    assert.equal((await browser.get('/logout')).body, 'gone')
    assert.deepEqual(app.errors, [])
  })

  test(`The methods with callbacks stay chainable, and no session is thenable (${kind})`, async t => {
    const { store } = make()
    const app = await serve(t, middleware({ store }), async (req, res) => {
      const { session } = req
      session.n = 1
      assert.equal('then' in session, false)
      assert.equal(session.touch(), session)
      assert.equal(session.resetMaxAge(), session)
      assert.deepEqual(Object.keys(session), ['cookie', 'n'])
      for (const key in session) assert.ok(['cookie', 'n'].includes(key))
      assert.equal(await session, session)
      res.end('x')
    })
    const browser = app.browser()
    await browser.get('/')
    assert.equal((await browser.get('/')).body, 'x')
    assert.deepEqual(app.errors, [])
  })

  test(`Stored keys of such names are dropped (${kind})`, async t => {
    const { store } = make()
    let keys
    const app = await serve(t, middleware({ store }), async (req, res) => {
      keys = Object.keys(req.session)
      for (const name of IN_SESSIONS) assert.equal(typeof req.session[name], 'function')
      res.end(req.sessionID)
    })
    const browser = app.browser()
    const { body: sid } = await browser.get('/')
    const data = Object.fromEntries([...IN_SESSIONS, 'save', 'kept'].map(name => [name, 'data']))
    await new Promise(resolve => store.set(sid, { cookie: { path: '/' }, ...data }, resolve))
    await browser.get('/')
    assert.deepEqual(keys, ['cookie', 'kept'])
    assert.deepEqual(app.errors, [])
  })
}

for (const kind of ['connect-redis', 'a store that fails']) {
  test(`A failure is a rejection where there is a promise, and nothing else (${kind})`, async t => {
    const { store, fail } = kind === 'connect-redis' ? stores[kind]() : failingStore()
    const unhandled = []
    const note = err => unhandled.push(err)
    process.on('unhandledRejection', note)
    t.after(() => process.off('unhandledRejection', note))

    const app = await serve(t, middleware({ store, saveUninitialized: false }), async (req, res) => {
      if (req.url === '/') {
        req.session.n = 1
        return res.end()
      }
      fail('get', 'set', 'touch', 'destroy')
      const { session } = req
      assert.equal(session.save(), session)
      await turns()
      for (const method of IN_SESSIONS) {
        await assert.rejects(session[method](), /failed|is down/, method)
      }
      res.end('told')
    })
    const browser = app.browser()
    await browser.get('/')
    assert.equal((await browser.get('/fail')).body, 'told')
    await turns()
    assert.deepEqual(unhandled, [])
  })
}

test('What a method throws, and a session that is gone, are rejections', async t => {
  const app = await serve(t, middleware(), async (req, res) => {
    const { session } = req
    session.save = () => { throw new Error('replaced') }
    await assert.rejects(session.saveAsync(), /replaced/)
    delete session.save
    await assert.rejects(session.reloadAsync(), /failed to load session/)
    session.circle = session
    await assert.rejects(session.saveAsync(), TypeError)
    delete session.circle
    await session.saveAsync()
    await new Promise(resolve => req.sessionStore.destroy(session.id, resolve))
    await assert.rejects(session.saveAsync(), { code: 'ERR_SESSION_DESTROYED' })
    res.end('ok')
  })
  assert.equal((await app.get('/')).body, 'ok')
  assert.deepEqual(app.errors, [])
})

test('A replaced method is the one that is awaited', async () => {
  const store = new MemoryStore()
  store.get = (sid, callback) => callback(null, `replaced ${sid}`)
  assert.equal(await store.getAsync('a'), 'replaced a')
  class Sub extends MemoryStore { length (callback) { callback(null, 7) } }
  assert.equal(await new Sub().lengthAsync(), 7)
})

test('They are enumerable where upstream\'s methods are, and of stores of this package alone', () => {
  for (const name of IN_SESSIONS) assert.equal(Object.getOwnPropertyDescriptor(Session.prototype, name).enumerable, false)
  for (const name of IN_STORES) {
    const { enumerable, writable, configurable } = Object.getOwnPropertyDescriptor(MemoryStore.prototype, name)
    assert.deepEqual({ enumerable, writable, configurable }, { enumerable: true, writable: true, configurable: true })
    assert.equal(name in Store.prototype, false)
  }
})

test('Bluebird\'s promisifyAll goes on as before', async () => {
  // What it does: refuse a method whose name ends in Async beside one without, unless it has the mark; and set its own.
  for (const target of [MemoryStore.prototype, Session.prototype, new MemoryStore()]) {
    const names = [...IN_SESSIONS, ...IN_STORES].filter(name => name in target)
    assert.ok(names.length >= 4)
    for (const name of names) assert.equal(target[name].__isPromisified__, true)
  }
  const store = new MemoryStore()
  store.getAsync = () => 'its own'
  assert.equal(store.getAsync(), 'its own')
})
