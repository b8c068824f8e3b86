'use strict'

// What existing apps and stores rely on: stores.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { ask, turns } = require('../helpers/calls')
const { serve } = require('../helpers/server')
const { mapStore, ways } = require('../helpers/stores')
const { middleware, session } = require('../helpers/subject')

const { Cookie, MemoryStore, Session, Store } = session

const countViews = (req, res) => {
  req.session.views = (req.session.views || 0) + 1
  res.end(String(req.session.views))
}

test('store.generate is an own, synchronous method that the middleware assigns', () => {
  const store = new Store()
  assert.equal(store.generate, undefined)
  middleware({ store })
  assert.ok(Object.hasOwn(store, 'generate'))

  const req = { headers: {} }
  assert.equal(store.generate(req), undefined)
  assert.equal(req.sessionID.length, 32)
  assert.ok(req.session instanceof Session)
  assert.equal(req.session.id, req.sessionID)
  assert.ok(req.session.cookie instanceof Cookie)
})

test('Methods of a store can be replaced and restored at any time', async t => {
  const store = new MemoryStore()
  const seen = []
  const app = await serve(t, middleware({ store, unset: 'destroy' }), (req, res) => {
    if (req.url === '/unset') { req.session = null; return res.end() }
    if (req.url === '/drop') return req.session.destroy(() => res.end())
    if (req.url === '/same') return res.end()
    countViews(req, res)
  })
  const browser = app.browser()
  await browser.get('/')
  assert.deepEqual(seen, [])

  for (const method of ['get', 'set', 'touch', 'destroy']) {
    const original = store[method]
    store[method] = function (...args) {
      seen.push(method)
      return original.apply(this, args)
    }
  }
  assert.equal((await browser.get('/')).body, '2')
  assert.deepEqual(seen.splice(0), ['get', 'set'])
  await browser.get('/same')
  assert.deepEqual(seen.splice(0), ['get', 'touch'])
  await browser.get('/drop')
  assert.deepEqual(seen.splice(0), ['get', 'destroy', 'destroy'], 'by the app, and by unset')
  await browser.get('/')
  seen.splice(0)
  await browser.get('/unset')
  assert.deepEqual(seen.splice(0), ['get', 'destroy'])

  browser.cookies.clear()
  for (const method of ['get', 'set', 'touch']) delete store[method]
  await browser.get('/')
  await browser.get('/unset')
  assert.deepEqual(seen.splice(0), ['destroy'], 'one method alone too')

  delete store.destroy
  browser.cookies.clear()
  assert.equal((await browser.get('/')).body, '1')
  assert.deepEqual(seen, [], 'and back')
})

test('Methods of a subclass of MemoryStore are called', async t => {
  const seen = []
  class Sub extends MemoryStore {}
  for (const method of ['get', 'set', 'touch', 'destroy']) {
    Sub.prototype[method] = function (...args) { seen.push(method); return MemoryStore.prototype[method].apply(this, args) }
  }
  const app = await serve(t, middleware({ store: new Sub() }), countViews)
  const browser = app.browser()
  await browser.get('/')
  await browser.get('/')
  assert.deepEqual(seen, ['set', 'get', 'set'])
})

test('A replaced session.save saves the session at the end of the request', async t => {
  const store = new MemoryStore()
  let saved = 0
  const app = await serve(t, middleware({ store }), (req, res) => {
    const { save } = req.session
    Object.defineProperty(req.session, 'save', {
      configurable: true,
      value (...args) { saved++; return save.apply(this, args) }
    })
    countViews(req, res)
  })
  const browser = app.browser()
  await browser.get('/')
  assert.equal((await browser.get('/')).body, '2')
  assert.equal(saved, 2)
})

test('An error of the app reaches next from a store that calls back twice, as connect-redis does', async t => {
  const store = mapStore(ways.later)
  // connect-redis: `.then(data => callback(null, data)).catch(callback)`
  store.get = (sid, callback) => {
    setImmediate(() => {
      try {
        callback(null, JSON.parse(store.kept.get(sid)))
      } catch (err) {
        callback(err)
      }
    })
  }
  let broken = false
  const app = await serve(t, middleware({ store }), (req, res, next) => {
    if (!broken) return countViews(req, res)
    next(new Error('from the app'))
  })
  const browser = app.browser()
  await browser.get('/')
  broken = true
  const res = await browser.get('/')
  assert.equal(res.status, 500)
  assert.equal(res.body, 'from the app')
  assert.equal(app.errors.length, 1)
})

test('MemoryStore defers its callbacks', async () => {
  const store = new MemoryStore()
  const data = { cookie: new Cookie(), a: 1 }
  const order = []
  const calls = [['set', 'x', data], ['get', 'x'], ['touch', 'x', data], ['all'], ['length'], ['destroy', 'x'], ['clear']]
  for (const [method, ...args] of calls) {
    store[method](...args, () => order.push(method))
  }
  order.push('returned')
  process.nextTick(() => order.push('next tick'))
  await turns(10)
  assert.deepEqual(order.slice(0, 2), ['returned', 'next tick'])
  assert.deepEqual(order.slice(2).sort(), calls.map(([method]) => method).sort())
})

test('MemoryStore.all gives an object without a prototype, from ids to sessions', async () => {
  const store = new MemoryStore()
  await ask(store, 'set', '__proto__', { cookie: {}, n: 1 })
  await ask(store, 'set', 'b', { cookie: {}, n: 2 })
  const all = await ask(store, 'all')
  assert.equal(Object.getPrototypeOf(all), null)
  assert.deepEqual(Object.keys(all).sort(), ['__proto__', 'b'])
  assert.equal(all.b.n, 2)
})

test('MemoryStore.sessions gives JSON texts by their ids', async () => {
  const store = new MemoryStore()
  const data = { cookie: new Cookie({ maxAge: 60000 }), n: 1 }
  await ask(store, 'set', 'a', data)
  assert.equal(store.sessions.a, JSON.stringify(data))
  assert.deepEqual(Object.keys(store.sessions), ['a'])
  delete store.sessions.a
  assert.equal(await ask(store, 'length'), 0)
})
