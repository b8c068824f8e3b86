'use strict'

// skip: requests that need no session.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { turns } = require('../../helpers/calls')
const { failingStore, stores } = require('../../helpers/features')
const { serve } = require('../../helpers/server')
const { middleware, session } = require('../../helpers/subject')

const isPublic = req => req.url.startsWith('/public')

for (const [kind, make] of Object.entries({ ...stores, 'a store that fails': failingStore })) {
  test(`Nothing is read and nothing set for a request that is skipped (${kind})`, async t => {
    const { store, fail } = make()
    let counted = 0
    for (const method of ['get', 'set', 'touch', 'destroy', 'generate']) {
      const original = store[method]
      if (kind !== 'MemoryStore' && original) store[method] = function (...args) { counted++; return original.apply(this, args) }
    }
    const use = middleware({ store, skip: isPublic, rolling: true })
    let hooked
    const watched = (req, res, next) => {
      const before = [res.end, res.write, res.writeHead, Object.keys(res), Object.keys(req), Object.getOwnPropertySymbols(req)]
      use(req, res, err => {
        hooked = before.map((value, i) => {
          const now = [res.end, res.write, res.writeHead, Object.keys(res), Object.keys(req), Object.getOwnPropertySymbols(req)][i]
          return Array.isArray(value) ? value.length !== now.length : value !== now
        })
        next(err)
      })
    }
    const app = await serve(t, watched, (req, res) => res.end(`${'session' in req} ${'sessionID' in req} ${'sessionStore' in req}`))
    const browser = app.browser()
    assert.equal((await browser.get('/')).body, 'true true true')
    assert.ok(browser.cookie)
    if (fail) fail('get', 'set', 'touch', 'destroy')

    counted = 0
    const before = kind === 'MemoryStore' ? store.stats() : undefined
    const response = await browser.get('/public/logo.png')
    assert.equal(response.body, 'false false false')
    assert.deepEqual(response.setCookie, [])
    assert.equal(counted, 0)
    if (before) assert.deepEqual(store.stats(), before)
    assert.deepEqual(hooked, [false, false, false, false, false, false])
    assert.deepEqual(app.errors, [])
  })
}

test('A request is skipped before the store and the secret are looked at', async t => {
  const store = new session.MemoryStore()
  const app = await serve(t, session({ store, resave: false, saveUninitialized: false, skip: isPublic, onDisconnect: 'error', secret: ['a'] }), (req, res) => res.end('ok'))
  store.emit('disconnect')
  assert.equal((await app.get('/public')).body, 'ok')
  assert.equal((await app.get('/')).status, 500)
})

test('What skip throws goes to next, once, and what the app throws is not taken for it', async t => {
  const app = await serve(t, middleware({ skip () { throw new Error('skip is broken') } }), (req, res) => res.end('ok'))
  const response = await app.get('/')
  assert.equal(response.body, 'skip is broken')
  assert.equal(app.errors.length, 1)

  let nexts = 0
  const use = middleware({ skip: () => true })
  assert.throws(() => use({ url: '/', headers: {} }, {}, () => { nexts++; throw new Error('from the app') }), /from the app/)
  assert.equal(nexts, 1)
})

test('Also what is falsy is an error when skip throws it: no request goes on without a session for it', async t => {
  for (const thrown of [undefined, null, 0, '']) {
    const app = await serve(t, middleware({ skip () { throw thrown } }), (req, res) => res.end('ok'))
    assert.match((await app.get('/')).body, /^the app or its session store threw /)
  }
})

test('A promise is refused: it would skip every request. One that is rejected is no second error', async t => {
  const unhandled = []
  const note = err => unhandled.push(err)
  process.on('unhandledRejection', note)
  t.after(() => process.off('unhandledRejection', note))
  for (const skip of [async () => false, async () => { throw new Error('rejected') }]) {
    const app = await serve(t, middleware({ skip }), (req, res) => res.end('ok'))
    assert.match((await app.get('/')).body, /^skip option must return a boolean, not a promise$/)
  }
  await turns()
  assert.deepEqual(unhandled, [])
})

test('Another middleware\'s session stays', async t => {
  const app = await serve(t, [middleware(), middleware({ skip: () => { throw new Error('not asked') } })], (req, res) => res.end(String('session' in req)))
  assert.equal((await app.get('/')).body, 'true')
})
