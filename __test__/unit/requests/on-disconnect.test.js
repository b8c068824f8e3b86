'use strict'

// onDisconnect: what becomes of a request while the store is disconnected.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { failingStore, stores } = require('../../helpers/features')
const { serve } = require('../../helpers/server')
const { middleware, session } = require('../../helpers/subject')

const start = (t, options) => serve(t, middleware({ cookie: { path: '/app' }, ...options }), (req, res) => {
  res.end(req.session ? 'session' : 'none')
})

for (const [kind, make] of Object.entries({ ...stores, 'a store that fails': failingStore })) {
  test(`"error" is an error with a code, until the store is back (${kind})`, async t => {
    const { store } = make()
    const app = await start(t, { store, onDisconnect: 'error' })
    assert.equal((await app.get('/app')).body, 'session')

    store.emit('disconnect')
    const response = await app.get('/app')
    assert.equal(response.status, 500)
    assert.equal(app.errors.length, 1)
    const [err] = app.errors
    assert.equal(err.code, 'ERR_SESSION_STORE_DISCONNECTED')
    assert.equal(err.status, 503)
    assert.ok(err instanceof Error)
    assert.equal((await app.get('/other')).body, 'none', 'another path needs no session')

    store.emit('connect')
    assert.equal((await app.get('/app')).body, 'session')
    assert.equal(app.errors.length, 1)
  })

  test(`"skip", and nothing, goes on without a session (${kind})`, async t => {
    for (const onDisconnect of ['skip', undefined]) {
      const { store } = make()
      const app = await start(t, { store, onDisconnect })
      store.emit('disconnect')
      assert.equal((await app.get('/app')).body, 'none')
      assert.deepEqual(app.errors, [])
    }
  })

  test(`A function gets the request, and answers it or passes it on (${kind})`, async t => {
    const { store } = make()
    const app = await start(t, {
      store,
      onDisconnect (req, res, next) {
        if (req.url === '/app/busy') {
          res.statusCode = 503
          res.setHeader('Retry-After', '5')
          return res.end('busy')
        }
        next(req.url === '/app/bad' ? new Error('bad') : undefined)
      }
    })
    assert.equal((await app.get('/app/busy')).body, 'session')
    store.emit('disconnect')
    const busy = await app.get('/app/busy')
    assert.deepEqual([busy.status, busy.headers['retry-after'], busy.body, busy.setCookie], [503, '5', 'busy', []])
    assert.equal((await app.get('/app')).body, 'none')
    assert.equal((await app.get('/app/bad')).body, 'bad')
    assert.equal((await app.get('/other')).body, 'none')
  })
}

test('What the function throws, or what its promise is rejected with, goes to next', async t => {
  for (const onDisconnect of [() => { throw new Error('thrown') }, async () => { throw new Error('thrown') }]) {
    const store = new session.MemoryStore()
    const app = await start(t, { store, onDisconnect })
    store.emit('disconnect')
    assert.equal((await app.get('/app')).body, 'thrown')
  }
})

test('Also what is falsy is an error then', async t => {
  for (const thrown of [undefined, null, 0, '']) {
    for (const onDisconnect of [() => { throw thrown }, async () => { throw thrown }]) {
      const store = new session.MemoryStore()
      const app = await start(t, { store, onDisconnect })
      store.emit('disconnect')
      assert.match((await app.get('/app')).body, /^the app or its session store threw /)
    }
  }
})

test('A store has its own default, which the option overrides', async t => {
  for (const [onDisconnect, body] of [[undefined, 'the session store is disconnected'], ['skip', 'none']]) {
    const store = new session.MemoryStore()
    store.sessionDefaults = { onDisconnect: 'error' }
    const app = await start(t, { store, onDisconnect })
    store.emit('disconnect')
    assert.equal((await app.get('/app')).body, body)
  }
})

test('A wrong onDisconnect of a store is refused when the middleware is made', () => {
  const store = new session.MemoryStore()
  store.sessionDefaults = { onDisconnect: 'wait' }
  assert.throws(() => middleware({ store }), /onDisconnect of the store's sessionDefaults must/)
})
