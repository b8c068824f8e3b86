'use strict'

// What existing apps and stores rely on: sessions and their cookies.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { ask, turns } = require('../helpers/calls')
const { fakeClock } = require('../helpers/clock')
const { serve } = require('../helpers/server')
const { middleware, session } = require('../helpers/subject')

const { Cookie, MemoryStore, Session } = session

/** Serves each path by the handler of that name, and tells the browser and the store. */
async function appOf (t, handlers, options = {}) {
  const store = new MemoryStore()
  const app = await serve(t, middleware({ store, ...options }), (req, res) => handlers[req.url](req, res))
  const browser = app.browser()
  return { app, browser, store, visit: async path => JSON.parse((await browser.get(path)).body) }
}

const json = (res, value) => res.end(JSON.stringify(value))

test('Object.keys and for…in of a session give `cookie` and the data, new or loaded', async t => {
  const { visit } = await appOf(t, {
    '/' (req, res) { req.session.b = 1; req.session.a = 2; json(res, Object.keys(req.session)) },
    '/again' (req, res) {
      // As connect-mongodb-session does it.
      const walked = []
      for (const key in req.session) walked.push(key)
      json(res, [Object.keys(req.session), walked, req.session.cookie.toJSON().path])
    }
  })
  assert.deepEqual(await visit('/'), ['cookie', 'b', 'a'])
  assert.deepEqual(await visit('/again'), [['cookie', 'b', 'a'], ['cookie', 'b', 'a'], '/'])
})

test('`req` and `id` of a session are own, non-enumerable and read-only', async t => {
  const look = (req, res) => {
    const { session } = req
    const shape = ({ value, ...flags }) => flags
    const flags = ['req', 'id'].map(key => shape(Object.getOwnPropertyDescriptor(session, key)))
    assert.throws(() => { session.id = 'other' }, TypeError)
    json(res, [flags, session.id === req.sessionID, session.req === req])
  }
  const { visit } = await appOf(t, { '/': look, '/again': look })
  const locked = { configurable: false, enumerable: false, writable: false }
  for (const path of ['/', '/again']) assert.deepEqual(await visit(path), [[locked, locked], true, true])
})

test('Methods of a session are non-enumerable on the prototype and return the session', async t => {
  for (const method of ['touch', 'resetMaxAge', 'save', 'reload', 'destroy', 'regenerate']) {
    const descriptor = Object.getOwnPropertyDescriptor(Session.prototype, method)
    assert.equal(descriptor.enumerable, false, method)
    assert.equal(descriptor.configurable, true, method)
    assert.equal(descriptor.writable, true, method)
  }
  const { visit } = await appOf(t, {
    '/' (req, res) {
      const { session } = req
      const chained = session.touch().resetMaxAge().save(() => {
        const self = session.reload(() => {
          json(res, [chained === session, self === session, req.session.regenerate(() => {}) !== undefined])
        })
      })
    },
    '/destroy' (req, res) {
      const { session } = req
      json(res, session.destroy(() => {}) === session)
    }
  })
  assert.deepEqual(await visit('/'), [true, true, true])
  assert.equal(await visit('/destroy'), true)
})

test("Cookie's accessors are enumerable on the prototype", () => {
  for (const key of ['expires', 'maxAge', 'data']) {
    const descriptor = Object.getOwnPropertyDescriptor(Cookie.prototype, key)
    assert.equal(descriptor.enumerable, true, key)
    assert.equal(descriptor.configurable, true, key)
    assert.equal(typeof descriptor.get, 'function', key)
  }
  const walked = []
  for (const key in new Cookie({ maxAge: 1000 })) walked.push(key)
  const upstream = []
  for (const key in new (require('express-session').Cookie)({ maxAge: 1000 })) upstream.push(key)
  assert.deepEqual(walked.sort(), upstream.sort())
})

test('A cookie has `_expires`, `originalMaxAge`, `data`, `toJSON` and `serialize`, which stores use', t => {
  const { now } = fakeClock(t)
  const expires = new Date(Date.UTC(2040, 0, 1))
  const cookie = new Cookie({ expires, secure: true, domain: 'a.b', sameSite: 'lax', priority: 'high', partitioned: true })
  assert.equal(cookie._expires, expires)
  assert.equal(cookie.originalMaxAge, expires - now)
  assert.deepEqual(cookie.data, cookie.toJSON())
  assert.deepEqual(Object.keys(cookie.data), [
    'originalMaxAge', 'partitioned', 'priority', 'expires', 'secure', 'httpOnly', 'domain', 'path', 'sameSite'
  ])
  assert.equal(JSON.stringify(cookie), JSON.stringify(cookie.data))
  assert.equal(
    cookie.serialize('name', 'a b'),
    'name=a%20b; Domain=a.b; Path=/; Expires=Sun, 01 Jan 2040 00:00:00 GMT; HttpOnly; Secure; Partitioned; Priority=High; SameSite=Lax'
  )
})

test('Login and logout as passport 0.7 does them, with keepSessionInfo, end the old ids', async t => {
  const { browser, store, visit } = await appOf(t, {
    '/' (req, res) { req.session.cart = [1]; json(res, req.sessionID) },
    '/login' (req, res) {
      const before = req.session
      req.session.regenerate(err => {
        assert.ifError(err)
        for (const key in before) {
          if (!(key in req.session)) req.session[key] = before[key]
        }
        req.session.passport = { user: 7 }
        req.session.save(err => json(res, [err || null, req.sessionID]))
      })
    },
    '/who' (req, res) { json(res, [req.session.passport, req.session.cart, req.sessionID]) },
    '/logout' (req, res) {
      delete req.session.passport
      const before = req.session
      req.session.save(err => {
        assert.ifError(err)
        before.regenerate(err => json(res, [err || null, req.sessionID]))
      })
    }
  })
  const anonymous = await visit('/')
  const [failed, id] = await visit('/login')
  assert.equal(failed, null)
  assert.notEqual(id, anonymous)
  assert.equal(await ask(store, 'get', anonymous), undefined, 'the old id is dead')
  assert.deepEqual(await visit('/who'), [{ user: 7 }, [1], id])

  const stolen = browser.cookie
  const [, after] = await visit('/logout')
  assert.notEqual(after, id)
  assert.equal(await ask(store, 'get', id), undefined)
  assert.deepEqual((await visit('/who')).slice(0, 2), [null, null])

  browser.cookies.set('connect.sid', stolen.split('=')[1])
  assert.deepEqual((await visit('/who')).slice(0, 2), [null, null], 'logout is final')
})

test('A change in place is saved, as connect-flash changes session.flash', async t => {
  const { visit, store } = await appOf(t, {
    '/' (req, res) { req.session.flash = { info: [] }; json(res, req.sessionID) },
    '/flash' (req, res) { req.session.flash.info.push('hello'); json(res, 0) },
    '/read' (req, res) { json(res, req.session.flash.info.splice(0)) }
  })
  const id = await visit('/')
  await visit('/flash')
  assert.deepEqual((await ask(store, 'get', id)).flash, { info: ['hello'] })
  assert.deepEqual(await visit('/read'), ['hello'])
  assert.deepEqual(await visit('/read'), [])
})

test('A new order of keys is a change; the same value again is none', async t => {
  const { visit, store } = await appOf(t, {
    '/' (req, res) { req.session.a = 1; req.session.b = 2; json(res, req.sessionID) },
    '/same' (req, res) { req.session.a = 2; req.session.a = 1; json(res, 0) },
    '/order' (req, res) { delete req.session.a; req.session.a = 1; json(res, 0) }
  })
  const id = await visit('/')
  const { sets } = store.stats()
  await visit('/same')
  assert.equal(store.stats().sets, sets)
  await visit('/order')
  assert.equal(store.stats().sets, sets + 1)
  assert.deepEqual(Object.keys(await ask(store, 'get', id)), ['cookie', 'b', 'a'])
})

for (const [how, prepare] of Object.entries({
  plain () {},
  'with a toJSON of its own': session => Object.defineProperty(session, 'toJSON', { configurable: true, value () { return { ...this } } }),
  frozen: session => Object.freeze(session)
})) {
  test(`A nested key called cookie counts as data, the session's own cookie does not (a session that is ${how})`, async t => {
    const { visit, store } = await appOf(t, {
      '/' (req, res) { req.session.deep = { cookie: 1 }; json(res, req.sessionID) },
      '/deep' (req, res) { req.session.deep.cookie++; prepare(req.session); json(res, 0) },
      '/own' (req, res) { req.session.cookie.domain = 'a.b'; prepare(req.session); json(res, 0) }
    })
    const id = await visit('/')
    const { sets } = store.stats()
    await visit('/own')
    // What a toJSON makes is not the session any more, so its cookie counts: as upstream has it.
    const counted = how.includes('toJSON') ? 1 : 0
    assert.equal(store.stats().sets, sets + counted)
    await visit('/deep')
    assert.equal(store.stats().sets, sets + counted + 1)
    assert.deepEqual((await ask(store, 'get', id)).deep, { cookie: 2 })
  })
}

test('Cookies of different attributes come back from one store as they were', async t => {
  const clock = fakeClock(t)
  const all = [
    {}, { path: '/x' }, { domain: 'a.b' }, { sameSite: 'lax' }, { sameSite: true }, { httpOnly: false }, { priority: 'high' }, { partitioned: true },
    { maxAge: 60_000 }, { maxAge: 61_000 }, { maxAge: 1234 }, { maxAge: 60_000, path: '/x' }, { expires: new Date(clock.now + 5000) }
  ]
  let attributes
  const { app } = await appOf(t, {
    '/' (req, res) { req.session.a = 1; Object.assign(req.session.cookie, attributes); json(res, req.session.cookie) },
    '/look' (req, res) { json(res, req.session.cookie) }
  })
  const made = []
  for (attributes of all) {
    const { cookie, body } = await app.get('/')
    made.push([cookie, body])
  }
  for (const [cookie, body] of [...made, ...made.reverse()]) {
    assert.equal((await app.get('/look', { cookie })).body, body)
  }
})

test('load and createSession keep originalMaxAge, whatever time is left', async t => {
  const clock = fakeClock(t)
  const store = new MemoryStore()
  await ask(store, 'set', 'x', { cookie: new Cookie({ maxAge: 60_000 }) })
  clock.advance(20_000)
  const { cookie } = await ask(store, 'load', 'x')
  assert.deepEqual([cookie.originalMaxAge, cookie.maxAge], [60_000, 40_000])
  assert.ok(cookie instanceof Cookie)
})

test('reload and save work long after the response, as socket.io calls them', async t => {
  let handshake
  const { visit, store } = await appOf(t, {
    '/' (req, res) { req.session.n = 1; json(res, req.sessionID) },
    '/socket' (req, res) { handshake = req; json(res, 0) }
  })
  const id = await visit('/')
  await visit('/socket')
  await turns()

  await ask(store, 'set', id, { cookie: {}, n: 2 })
  await new Promise((resolve, reject) => handshake.session.reload(err => err ? reject(err) : resolve()))
  assert.equal(handshake.session.n, 2)
  handshake.session.n = 3
  await new Promise((resolve, reject) => handshake.session.save(err => err ? reject(err) : resolve()))
  assert.equal((await ask(store, 'get', id)).n, 3)
})

test('A handshake and res = { end () {} } get a session, as express-socket.io-session passes them', async t => {
  const store = new MemoryStore()
  const use = middleware({ store })
  const app = await serve(t, use, (req, res) => { req.session.user = 'ann'; res.end(req.sessionID) })
  const browser = app.browser()
  const id = (await browser.get('/')).body

  const handshake = { headers: { cookie: browser.cookie }, url: '/socket.io/?EIO=4', query: {} }
  const res = { end () {} }
  await new Promise((resolve, reject) => use(handshake, res, err => err ? reject(err) : resolve()))
  assert.equal(handshake.sessionID, id)
  assert.equal(handshake.session.user, 'ann')

  handshake.session.rooms = ['a']
  await new Promise((resolve, reject) => handshake.session.save(err => err ? reject(err) : resolve()))
  assert.deepEqual((await ask(store, 'get', id)).rooms, ['a'])
  assert.doesNotThrow(() => res.end())

  const stranger = { headers: {}, url: '/socket.io/' }
  await new Promise(resolve => use(stranger, { end () {} }, resolve))
  assert.ok(stranger.session instanceof Session)
})

test('Only writeHead, write and end of `res` are read on entry', () => {
  const touched = new Set()
  const res = new Proxy({ end () {} }, {
    get (target, key) { touched.add(key); return target[key] }
  })
  middleware()({ headers: {}, url: '/' }, res, () => {})
  assert.deepEqual([...touched].filter(key => !['end', 'write', 'writeHead'].includes(key)), [])
})
