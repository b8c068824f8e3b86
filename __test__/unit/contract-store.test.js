'use strict'

// ../shared/contract.md, "Store": each row by its own words.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { answers, ask, turns } = require('../helpers/calls')
const { serve } = require('../helpers/server')
const { mapStore, ways } = require('../helpers/stores')
const { middleware, session } = require('../helpers/subject')

const { Cookie, MemoryStore, Session, Store } = session

const countViews = (req, res) => {
  req.session.views = (req.session.views || 0) + 1
  res.end(String(req.session.views))
}

test('store.generate is an own property that the middleware assigns; it is synchronous', () => {
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

test('apps call req.sessionStore.generate(req) after a destroy', async t => {
  const store = new MemoryStore()
  const app = await serve(t, middleware({ store }), (req, res) => {
    if (req.url === '/') { req.session.a = 1; return res.end(req.sessionID) }
    const old = req.sessionID
    req.session.destroy(() => {
      assert.equal(req.session, undefined)
      req.sessionStore.generate(req)
      req.session.fresh = true
      res.end(`${old} ${req.sessionID}`)
    })
  })
  const browser = app.browser()
  const first = await browser.get('/')
  const [old, fresh] = (await browser.get('/again')).body.split(' ')
  assert.equal(old, first.body)
  assert.notEqual(fresh, old)
  assert.deepEqual(Object.keys(store.sessions), [fresh])
  assert.equal((await ask(store, 'get', fresh)).fresh, true)
})

test('createSession, load, regenerate are inherited and called by name', async t => {
  const called = []
  class Named extends MemoryStore {
    createSession (req, data) { called.push('createSession'); return super.createSession(req, data) }
    load (sid, callback) { called.push('load'); return super.load(sid, callback) }
    regenerate (req, callback) { called.push('regenerate'); return super.regenerate(req, callback) }
  }
  const store = new Named()
  const app = await serve(t, middleware({ store }), (req, res) => {
    if (req.url === '/login') return req.session.regenerate(() => res.end())
    if (req.url === '/reload') return req.session.reload(() => res.end())
    if (req.url === '/load') return store.load(req.sessionID, (err, loaded) => res.end(String(err) + loaded.id))
    res.end()
  })
  const browser = app.browser()
  await browser.get('/')
  assert.deepEqual(called, [], 'a new session is not created from data')
  await browser.get('/')
  assert.deepEqual(called.splice(0), ['createSession'])
  await browser.get('/reload')
  assert.deepEqual(called.splice(0), ['createSession', 'createSession'])
  await browser.get('/load')
  assert.deepEqual(called.splice(0), ['createSession', 'load', 'createSession'])
  await browser.get('/login')
  assert.deepEqual(called.splice(0), ['createSession', 'regenerate'])
})

test('keys of loaded data that exist on the prototype (save, __proto__) are dropped', async t => {
  const store = new MemoryStore()
  const app = await serve(t, middleware({ store }), (req, res) => {
    if (req.url === '/') { req.session.a = 1; return res.end(req.sessionID) }
    const { session } = req
    res.end(JSON.stringify({
      keys: Object.keys(session),
      methods: typeof session.save + typeof session.hasOwnProperty,
      own: ['req', 'id', '__proto__', 'toString'].filter(key => Object.hasOwn(session, key)),
      intact: Object.getPrototypeOf(session) === Session.prototype && session.polluted === undefined
    }))
  })
  const browser = app.browser()
  const sid = (await browser.get('/')).body
  const cookie = JSON.stringify(new Cookie())
  for (const via of ['lane', 'get']) {
    if (via === 'get') store.get = store.get.bind(store)
    store.sessions[sid] = `{"cookie":${cookie},"save":1,"__proto__":{"polluted":1},"req":2,"id":"x","toString":3,"hasOwnProperty":4,"a":5}`
    const seen = JSON.parse((await browser.get('/look')).body)
    assert.deepEqual(seen.keys, ['cookie', 'a'], via)
    assert.equal(seen.methods, 'functionfunction', via)
    assert.deepEqual(seen.own.sort(), ['id', 'req'], via)
    assert.equal(seen.intact, true, via)
  }
})

test('methods of a store instance are replaced at any time, also after the middleware was made: each call looks them up', async t => {
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

for (const place of ['prototype', 'subclass']) {
  test(`methods replaced on the ${place} are called too`, async t => {
    const seen = []
    class Sub extends MemoryStore {}
    const target = place === 'prototype' ? MemoryStore.prototype : Sub.prototype
    const original = MemoryStore.prototype
    for (const method of ['get', 'set', 'touch', 'destroy']) {
      const before = original[method]
      if (place === 'prototype') t.after(() => { original[method] = before })
      target[method] = function (...args) { seen.push(method); return before.apply(this, args) }
    }
    const store = new Sub()
    const app = await serve(t, middleware({ store }), countViews)
    const browser = app.browser()
    await browser.get('/')
    await browser.get('/')
    assert.deepEqual(seen, ['set', 'get', 'set'])
  })
}

test('a replaced session.save, on the prototype or the session, is what ends the request', async t => {
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

for (const [when, answer] of Object.entries(ways)) {
  test(`a store may call back ${when}`, async t => {
    const store = mapStore(answer)
    const app = await serve(t, middleware({ store }), countViews)
    const browser = app.browser()
    for (const expected of ['1', '2', '3']) assert.equal((await browser.get('/')).body, expected)
    assert.deepEqual(app.errors, [])
  })
}

test('a store may call back twice when the callback throws (connect-redis): the error of the app arrives', async t => {
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

test("err.code === 'ENOENT' from get means that there is no session", async t => {
  const store = mapStore(ways.later)
  const app = await serve(t, middleware({ store }), (req, res) => {
    req.session.a = 1
    res.end(req.sessionID)
  })
  const browser = app.browser()
  const first = await browser.get('/')
  store.get = (sid, callback) => callback(Object.assign(new Error('no file'), { code: 'ENOENT' }))
  const second = await browser.get('/')
  assert.equal(second.status, 200)
  assert.notEqual(second.body, first.body)
  assert.deepEqual(app.errors, [])

  store.get = (sid, callback) => callback(Object.assign(new Error('no right'), { code: 'EACCES' }))
  assert.equal((await browser.get('/')).body, 'no right')
})

test('disconnect turns sessions off until connect', async t => {
  const store = new MemoryStore()
  const app = await serve(t, middleware({ store }), (req, res) => res.end(typeof req.session))
  const states = []
  for (const event of [null, 'disconnect', 'disconnect', 'connect']) {
    if (event) store.emit(event)
    const res = await app.get('/')
    states.push([res.body, res.setCookie.length])
  }
  assert.deepEqual(states, [['object', 1], ['undefined', 0], ['undefined', 0], ['object', 1]])
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

test('MemoryStore: what callbacks get', async () => {
  const store = new MemoryStore()
  const data = { cookie: new Cookie(), a: 1 }
  const last = async (...call) => {
    const calls = await answers(store, ...call)
    assert.equal(calls.length, 1, call[0])
    return calls[0]
  }
  assert.deepEqual(await last('set', 'x', data), [])
  assert.deepEqual(await last('touch', 'x', data), [])
  const [error, got] = await last('get', 'x')
  assert.equal(error, null)
  assert.equal(got.a, 1)
  assert.deepEqual(await last('get', 'y'), [null, undefined])
  assert.deepEqual(await last('length'), [null, 1])
  assert.deepEqual(await last('destroy', 'x'), [])
  assert.deepEqual(await last('clear'), [])
})

test('all() gives a null-prototype object sid → session', async () => {
  const store = new MemoryStore()
  await ask(store, 'set', '__proto__', { cookie: {}, n: 1 })
  await ask(store, 'set', 'b', { cookie: {}, n: 2 })
  const all = await ask(store, 'all')
  assert.equal(Object.getPrototypeOf(all), null)
  assert.deepEqual(Object.keys(all).sort(), ['__proto__', 'b'])
  assert.equal(all.b.n, 2)
})

test('`sessions`: sid → JSON text', async () => {
  const store = new MemoryStore()
  const data = { cookie: new Cookie({ maxAge: 60000 }), n: 1 }
  await ask(store, 'set', 'a', data)
  assert.equal(store.sessions.a, JSON.stringify(data))
  assert.deepEqual(Object.keys(store.sessions), ['a'])
  delete store.sessions.a
  assert.equal(await ask(store, 'length'), 0)
})
