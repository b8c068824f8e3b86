'use strict'

// Only a session that a request has had is destroyed; and what a store gave without cookie and data is no session.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { turns } = require('../../helpers/calls')
const { serve } = require('../../helpers/server')
const { mapStore, ways } = require('../../helpers/stores')
const { deviation, middleware, session } = require('../../helpers/subject')

const failure = () => new Error('the store failed')

const LATE = {
  'calls back with an error' (store) { store.get = (sid, callback) => setImmediate(callback, failure()) },
  'calls back at once with an error' (store) { store.get = (sid, callback) => callback(failure()) },
  'gives a session that can not be used' (store) { store.get = (sid, callback) => setImmediate(callback, null, { user: 'ann' }) },
  'gives a session whose cookie is a string' (store) { store.get = (sid, callback) => setImmediate(callback, null, { user: 'ann', cookie: 'x' }) }
}

for (const [what, spoil] of Object.entries(LATE)) {
  deviation(`A session stays when unset is 'destroy' and get ${what}`, async t => {
    const store = mapStore(ways.later)
    const { get } = store
    const app = await serve(t, middleware({ store, unset: 'destroy' }), (req, res) => {
      req.session.user ??= 'ann'
      res.end(req.session.user)
    })
    const browser = app.browser()
    await browser.get('/')
    spoil(store)
    assert.equal((await browser.get('/')).status, 500)
    await turns()
    store.get = get
    assert.equal(store.kept.size, 1)
    assert.equal((await browser.get('/')).body, 'ann')
    assert.equal(store.kept.size, 1, 'the old session, not a new one')
  })
}

deviation("A session stays when unset is 'destroy' and the response ends before get has called back", async t => {
  const store = mapStore(ways.later)
  const { get } = store
  const app = await serve(t, [(req, res, next) => {
    next()
    if (req.url === '/early') res.end('early')
  }, middleware({ store, unset: 'destroy' })], (req, res) => {
    if (req.session) req.session.user ??= 'ann'
    if (!res.writableEnded) res.end(String(req.session.user))
  })
  const browser = app.browser()
  await browser.get('/')
  let answer
  store.get = (sid, callback) => { answer = () => get.call(store, sid, callback) }
  assert.equal((await browser.get('/early')).body, 'early')
  await turns()
  answer()
  await turns()
  store.get = get
  assert.equal(store.kept.size, 1)
  assert.equal((await browser.get('/')).body, 'ann')
  assert.deepEqual(app.errors, [])
})

deviation("A session stays when unset is 'destroy' and only another middleware has had a session", async t => {
  const store = mapStore(ways.later)
  const inner = middleware({ store, name: 'inner', unset: 'destroy' })
  const app = await serve(t, [
    middleware({ store, name: 'outer', unset: 'destroy' }),
    (req, res, next) => {
      if (req.url !== '/inner') return next()
      req.session = null // as apps do that give way to the next middleware
      inner(req, res, next)
    }
  ], (req, res) => {
    req.session.user ??= req.url
    res.end(req.session.user)
  })
  const browser = app.browser()
  await browser.get('/inner')
  const sids = [...store.kept.keys()]
  const { get } = store
  let calls = 0
  store.get = (sid, callback) => ++calls === 2 ? setImmediate(callback, failure()) : get.call(store, sid, callback)
  await browser.get('/')
  calls = 0
  assert.equal((await browser.get('/inner')).status, 500)
  await turns()
  store.get = get
  assert.ok(sids.every(sid => store.kept.has(sid)), 'both are there')
})

test("A session that the request has had is destroyed when unset is 'destroy', also one that it has made", async t => {
  const store = mapStore(ways.later)
  const destroyed = []
  const { destroy } = store
  store.destroy = (sid, callback) => { destroyed.push(sid); destroy(sid, callback) }
  let id
  const app = await serve(t, middleware({ store, unset: 'destroy' }), async (req, res) => {
    id = req.sessionID
    if (req.url === '/null') req.session = null
    if (req.url === '/delete') delete req.session
    if (req.url === '/regenerate') {
      await new Promise(resolve => req.session.regenerate(resolve))
      id = req.sessionID
      req.session = null
    }
    res.end()
  })
  for (const path of ['/null', '/delete', '/regenerate']) {
    for (const known of [true, false]) {
      const browser = app.browser()
      if (known) await browser.get('/')
      await browser.get(path)
      assert.equal(destroyed.at(-1), id, `${path}, ${known ? 'known' : 'new'}`)
    }
  }
  assert.equal(store.kept.size, 0)
})

const WITHOUT = {
  'an object': () => ({}),
  'an array': () => [],
  'an array with members': () => ['ann'],
  'a Buffer': () => Buffer.from('{"cookie":{}}'),
  'an object with then': () => ({ then () {} }),
  'a string': () => 'text',
  'a number': () => 5,
  'a boolean': () => true,
  'an object with cookie: null': () => ({ cookie: null }),
  'an object with cookie: undefined': () => ({ cookie: undefined }),
  'an object with a text as its cookie': () => ({ cookie: 'x' }),
  'a Promise': async () => ({ cookie: {} }),
  'a Map': () => new Map([['cookie', {}]]),
  'a function': () => () => {},
  'a bigint': () => 1n,
  'a symbol': () => Symbol('x')
}

/** A store with a name, whose get gives what `give` returns from the second request on. */
function storeWith (give) {
  class CustomStore extends session.Store {}
  const store = Object.assign(new CustomStore(), mapStore(ways.later))
  const { get } = store
  store.get = (sid, callback) => store.broken ? setImmediate(callback, null, give()) : get(sid, callback)
  return store
}

for (const [what, give] of Object.entries(WITHOUT)) {
  deviation(`A client gets a new session, and one warning names the method, when get gives ${what}`, async t => {
    const warnings = t.mock.method(process, 'emitWarning', () => {}).mock
    const store = storeWith(give)
    const app = await serve(t, middleware({ store }), (req, res) => {
      req.session.user ??= req.url
      res.end(`${req.session.user} ${req.sessionID}`)
    })
    const browser = app.browser()
    const [, old] = (await browser.get('/first')).body.split(' ')
    store.broken = true
    for (const path of ['/second', '/third']) {
      const [user, id] = (await browser.get(path)).body.split(' ')
      assert.equal(user, path)
      assert.notEqual(id, old)
    }
    store.broken = false
    assert.match((await browser.get('/fourth')).body, /^\/third /, 'the new session is an ordinary one')
    assert.deepEqual(app.errors, [])

    const ours = warnings.calls.map(call => call.arguments).filter(([, options]) => options && options.code === 'EXPRESS_SESSION_STORE_GET')
    assert.equal(ours.length, 1)
    assert.match(ours[0][0], new RegExp(`^CustomStore\\.get gave ${what.split(' with ')[0]}, which is no session`))
  })
}

for (const [what, data] of Object.entries({ 'data and no cookie': { user: 'ann' }, 'data and cookie: null': { user: 'ann', cookie: null } })) {
  test(`A request fails, and nothing is replaced, when get gives ${what}`, async t => {
    const store = storeWith(() => structuredClone(data))
    const app = await serve(t, middleware({ store }), (req, res) => { req.session.user ??= 'bob'; res.end(req.session.user) })
    const browser = app.browser()
    await browser.get('/')
    store.broken = true
    assert.equal((await browser.get('/')).status, 500)
    store.broken = false
    assert.equal((await browser.get('/')).body, 'bob')
    assert.equal(store.kept.size, 1)
  })
}

test('A store that makes sessions of anything by its own createSession is asked', async t => {
  const store = storeWith(() => 'text')
  const { createSession } = session.Store.prototype
  store.createSession = function (req, data) {
    return createSession.call(this, req, typeof data === 'string' ? { cookie: {}, user: data } : data)
  }
  const app = await serve(t, middleware({ store }), (req, res) => { req.session.user ??= 'bob'; res.end(req.session.user) })
  const browser = app.browser()
  await browser.get('/')
  store.broken = true
  assert.equal((await browser.get('/')).body, 'text')
})
