'use strict'

// A store that calls back twice, throws or never calls back neither ends a response twice nor makes it hang.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { turns } = require('../../helpers/calls')
const { serve } = require('../../helpers/server')
const { mapStore, ways } = require('../../helpers/stores')
const { deviation, middleware, underTest } = require('../../helpers/subject')

const failure = () => Object.assign(new Error('store is broken'), { name: 'StoreError' })

/** An app whose store has `method` replaced from the second request on. */
async function appWith (t, method, misbehave, options = {}) {
  const store = mapStore(ways.later)
  let handled = 0
  const app = await serve(t, middleware({ store, ...options }), (req, res) => {
    handled++
    if (req.url === '/null') { req.session = null; return res.end('hello') }
    if (req.url === '/change') req.session.a = Math.random()
    res.end('hello')
  })
  const browser = app.browser()
  await browser.get('/change')
  store[method] = misbehave
  handled = 0
  return { app, store, browser, handled: () => handled }
}

const CALLS = [['get', '/'], ['set', '/change'], ['touch', '/'], ['destroy', '/null']]

for (const [method, path] of CALLS) {
  const options = { unset: 'destroy' }

  const define = method === 'get' ? deviation : test
  define(`The app runs once and the response ends once when ${method} calls back twice`, async t => {
    const twice = (...args) => {
      const callback = args.at(-1)
      const data = method === 'get' ? { cookie: {}, a: 1 } : undefined
      setImmediate(() => { callback(null, data); callback(null, data) })
      setImmediate(() => callback(null, data))
    }
    const { app, browser, handled } = await appWith(t, method, twice, options)
    const res = await browser.get(path)
    await turns()
    assert.equal(res.body, 'hello')
    assert.equal(handled(), 1)
    assert.deepEqual(app.errors, [])
  })

  define(`The app runs once and nothing is lost when ${method} calls back and then throws`, async t => {
    const both = (...args) => {
      args.at(-1)(null, method === 'get' ? { cookie: {}, a: 1 } : undefined)
      throw failure()
    }
    const { app, browser, handled } = await appWith(t, method, both, options)
    const res = await browser.get(path).catch(err => err)
    await turns()
    assert.equal(handled(), 1)
    assert.equal(res.body, 'hello')
    assert.ok(app.errors.every(err => err.name === 'StoreError'))
  })

  deviation(`The app runs once and nothing is lost when ${method}, an async function, calls back and then throws`, async t => {
    const both = async (...args) => {
      args.at(-1)(null, method === 'get' ? { cookie: {}, a: 1 } : undefined)
      throw failure()
    }
    const unhandled = []
    const note = err => unhandled.push(err)
    process.on('unhandledRejection', note)
    t.after(() => process.off('unhandledRejection', note))
    const { app, browser, handled } = await appWith(t, method, both, options)
    const res = await browser.get(path)
    await turns()
    assert.equal(res.body, 'hello')
    assert.equal(handled(), 1)
    assert.deepEqual(app.errors, [])
    assert.deepEqual(unhandled, [])
  })

  deviation(`The error reaches next once and the request is answered when ${method} throws`, async t => {
    const { app, browser, handled } = await appWith(t, method, () => { throw failure() }, options)
    const res = await browser.get(path)
    await turns()
    assert.equal(app.errors.length, 1)
    assert.equal(app.errors[0].name, 'StoreError')
    assert.equal(res.status, method === 'get' ? 500 : 200)
    assert.equal(res.body, method === 'get' ? 'store is broken' : 'hello')
    assert.equal(handled(), method === 'get' ? 0 : 1)
  })

  deviation(`storeTimeout answers the request and tells next why when ${method} never calls back`, async t => {
    const { app, browser } = await appWith(t, method, () => {}, { ...options, storeTimeout: 20 })
    const res = await browser.get(path)
    await turns()
    assert.equal(res.status, method === 'get' ? 500 : 200)
    if (method !== 'get') assert.equal(res.body, 'hello')
    assert.equal(app.errors.length, 1)
    assert.equal(app.errors[0].code, 'ERR_SESSION_STORE_TIMEOUT')
    assert.match(app.errors[0].message, /storeTimeout/)
  })

  deviation(`Nothing happens when ${method} calls back after the storeTimeout`, async t => {
    let late
    const { app, browser, handled } = await appWith(t, method, (...args) => { late = args.at(-1) }, { ...options, storeTimeout: 20 })
    await browser.get(path)
    late(null, { cookie: {}, a: 1 })
    late(failure())
    await turns()
    assert.equal(handled(), method === 'get' ? 0 : 1)
    assert.equal(app.errors.length, 1)
  })
}

const USES = {
  'session.save' (req, done) { req.session.save(done) },
  'session.reload' (req, done) { req.session.reload(done) },
  'session.destroy' (req, done) { req.session.destroy(done) },
  'session.regenerate' (req, done) { req.session.regenerate(done) },
  'store.load' (req, done) { req.sessionStore.load(req.sessionID, done) }
}

for (const [what, use] of Object.entries(USES)) {
  deviation(`${what} calls back with the error of a store's method that is an async function and throws`, async t => {
    const store = mapStore(ways.later)
    let told = 0
    const app = await serve(t, middleware({ store }), (req, res) => {
      const { get, set, destroy } = store
      store.get = store.set = store.destroy = async () => { throw failure() }
      use(req, err => {
        told++
        Object.assign(store, { get, set, destroy })
        res.end(err && err.message)
      })
    })
    assert.equal((await app.get('/')).body, 'store is broken')
    await turns()
    assert.equal(told, 1)
  })
}

deviation('store.load calls back with an error where the data has no cookie', async t => {
  const store = mapStore(ways.later)
  store.get = (sid, callback) => setImmediate(callback, null, { user: 'ann' })
  const err = await new Promise(resolve => store.load('a', resolve))
  assert.equal(err.name, 'TypeError')
})

test('storeTimeout is off by default', async t => {
  const timers = []
  const { setTimeout } = globalThis
  const { app, store, browser } = await appWith(t, 'get', () => {})
  let answer
  store.get = (sid, callback) => { answer = callback; store.emit('asked') }
  const asked = new Promise(resolve => store.once('asked', resolve))
  globalThis.setTimeout = (...args) => { timers.push(args); return setTimeout(...args) }
  t.after(() => { globalThis.setTimeout = setTimeout })
  const response = browser.get('/')
  await asked
  globalThis.setTimeout = setTimeout
  assert.deepEqual(timers, [])
  answer(null, undefined)
  assert.equal((await response).body, 'hello')
  assert.deepEqual(app.errors, [])
})

deviation('A storeTimeout that is no number of milliseconds is refused when the middleware is made', () => {
  for (const wrong of ['100', -1, 0, NaN, Infinity, 2 ** 31, {}, true]) {
    assert.throws(() => middleware({ storeTimeout: wrong }), /storeTimeout/, String(wrong))
  }
  for (const off of [undefined, null, false]) assert.doesNotThrow(() => middleware({ storeTimeout: off }))
})

test('The timer of a storeTimeout is cleared when the store answers', async t => {
  const storeTimeout = 2 ** 31 - 1
  const { setTimeout, clearTimeout } = globalThis
  const running = new Set()
  let started = 0
  globalThis.setTimeout = (work, ms, ...args) => {
    const timer = setTimeout(work, ms, ...args)
    if (ms === storeTimeout) {
      running.add(timer)
      started++
    }
    return timer
  }
  globalThis.clearTimeout = timer => { running.delete(timer); clearTimeout(timer) }
  t.after(() => Object.assign(globalThis, { setTimeout, clearTimeout }))

  const app = await serve(t, middleware({ store: mapStore(ways.later), storeTimeout }), (req, res) => { req.session.a = 1; res.end('x') })
  const browser = app.browser()
  for (let i = 0; i < 3; i++) await browser.get('/')
  if (underTest !== 'express-session') assert.equal(started, 5, 'one set, then get and touch twice')
  assert.equal(running.size, 0)
})
