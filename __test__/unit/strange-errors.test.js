'use strict'

// An app and a store may throw anything, and call back with anything. What has no text, or throws when it is made one,
// ends no process: frameworks and process warnings make texts of errors on a later tick, where nobody catches them.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { format } = require('node:util')
const vm = require('node:vm')
const createDebug = require('debug')
const express = require('express')
const { ask, turns } = require('../helpers/calls')
const { request } = require('../helpers/client')
const { DAY, fakeClock } = require('../helpers/clock')
const { listen, serve } = require('../helpers/server')
const { mapStore, ways } = require('../helpers/stores')
const { middleware, session } = require('../helpers/subject')

const { MemoryStore } = session
const fail = () => { throw new Error('asked for a text') }
const failed = new Error('failed')

const VALUES = {
  'an object without a prototype': () => Object.create(null),
  'a revoked proxy' () {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    return proxy
  },
  'a revoked proxy of an Error' () {
    const { proxy, revoke } = Proxy.revocable(new Error('x'), {})
    revoke()
    return proxy
  },
  'an object whose toString throws': () => ({ toString: fail }),
  'an object whose Symbol.toPrimitive throws': () => ({ [Symbol.toPrimitive]: fail }),
  'an object whose toString gives an object': () => ({ toString: () => ({}), valueOf: () => ({}) }),
  'an object whose getters throw': () => Object.defineProperties({}, { stack: { get: fail }, message: { get: fail }, code: { get: fail } }),
  'an Error whose message throws': () => Object.defineProperty(new Error('x'), 'message', { get: fail }),
  'an Error whose name has no text': () => Object.assign(new Error('x'), { name: Object.create(null) }),
  'an Error whose code has no text': () => Object.assign(new Error('x'), { code: Object.create(null) }),
  'an Error whose stack throws': () => Object.defineProperty(new Error('x'), 'stack', { get: fail }),
  'an Error whose toString throws': () => Object.assign(new Error('x'), { toString: fail, stack: undefined }),
  'an Error of another realm': () => vm.runInNewContext('new Error("x")'),
  'a symbol': () => Symbol('x'),
  'a function without a prototype': () => Object.setPrototypeOf(() => {}, null),
  'a text': () => 'text',
  'a number': () => 5,
  'a bigint': () => 10n
}
/** What is shown as it is, as a text; of the others, only what they are. */
const TEXTS = { 'an Error of another realm': 'Error: x', 'a symbol': 'Symbol\\(x\\)', 'a text': 'text', 'a number': '5', 'a bigint': '10' }
const typeOf = what => /^an Error|^a function/.exec(what) ?? 'an object'
const SOME = ['an object without a prototype', 'a revoked proxy of an Error', 'an object whose getters throw', 'a text']
const FALSY = { undefined: () => undefined, null: () => null, zero: () => 0, false: () => false, 'an empty string': () => '' }

/** An Express app with Express's own error handler. `answered` is the status, or why there is none. */
async function expressApp (t, use, handler) {
  t.mock.method(console, 'error', () => {}) // Express prints errors there
  const app = express()
  app.set('env', 'development')
  app.use(use)
  app.use(handler)
  const { port, close } = await listen(app)
  t.after(close)
  return (path, options) => request({ port, path, timeout: 5000, ...options })
}

for (const [what, make] of Object.entries(VALUES)) {
  for (const method of ['get', 'set', 'touch', 'destroy']) {
    for (const how of ['calls back with', 'throws']) {
      test(`A store whose ${method} ${how} ${what} ends no process`, async t => {
        createDebug.enable('express-session')
        t.mock.method(createDebug, 'log', () => {})
        t.after(() => createDebug.disable())
        const store = mapStore(ways.later)
        const get = await expressApp(t, middleware({ store, unset: 'destroy' }), (req, res) => {
          if (req.url === '/destroy') req.session = null
          else if (req.url === '/set') req.session.n = Math.random()
          res.end('answered')
        })
        const { cookie } = await get('/set')
        store[method] = (...args) => {
          if (how === 'throws') throw make()
          setImmediate(args.at(-1), make())
        }
        const res = await get(`/${method}`, { cookie })
        await turns(10)
        assert.equal(res.status, method === 'get' ? 500 : 200)
        if (method !== 'get') assert.equal(res.body, 'answered')
      })
    }
  }

  test(`A genid, a cookie function and a createSession that throw ${what} end no process`, async t => {
    const store = mapStore(ways.later)
    const handler = (req, res) => { req.session.n = 1; res.end('answered') }
    const thrower = () => { throw make() }
    for (const options of [{ genid: thrower }, { cookie: thrower }, { store: Object.assign(mapStore(ways.later), { generate: thrower }) }]) {
      const get = await expressApp(t, middleware(options), handler)
      if (options.store) options.store.generate = thrower // the middleware has set its own
      assert.equal((await get('/')).status, 500)
    }
    const get = await expressApp(t, middleware({ store }), handler)
    const { cookie } = await get('/')
    store.createSession = thrower
    assert.equal((await get('/', { cookie })).status, 500)
    await turns(10)
  })

  test(`A genid that gives ${what} ends no process`, async t => {
    createDebug.enable('express-session')
    t.mock.method(createDebug, 'log', () => {})
    t.after(() => createDebug.disable())
    for (const store of [undefined, mapStore(ways.later)]) {
      const get = await expressApp(t, middleware({ genid: make, store }), (req, res) => {
        req.session.n = 1
        req.session.save(() => res.end('answered'))
      })
      assert.ok([200, 500].includes((await get('/')).status))
    }
    await turns(10)
  })

  test(`A dispose and a listener that throw ${what} end no process: it is for who has asked, else a warning says so`, async t => {
    const clock = fakeClock(t)
    const emitted = []
    const { emitWarning } = process
    t.mock.method(process, 'emitWarning', (...args) => { emitted.push(String(args[0])); return emitWarning.apply(process, args) })
    const thrown = []
    const thrower = () => { throw thrown[thrown.push(make()) - 1] }
    const isLast = value => Object.is(value, thrown.at(-1))
    const warned = new RegExp(`^${TEXTS[what] ?? `Error: the app or its session store threw ${typeOf(what)} that can ?not be shown`}$`)

    const store = new MemoryStore({ dispose: thrower })
    for (const sid of ['a', 'b', 'c']) await ask(store, 'set', sid, { cookie: {} })
    const [err] = await new Promise(resolve => store.destroy('a', (...args) => resolve(args)))
    assert.ok(isLast(err))
    assert.throws(() => store.destroy('b'), isLast)
    assert.deepEqual(emitted, [])
    clock.advance(2 * DAY)
    store.prune()
    await turns(10)
    store.close()
    assert.equal(thrown.length, 3)
    assert.equal(emitted.length, 1)
    assert.match(emitted[0], warned)

    const heard = new MemoryStore()
    heard.on('destroyed', thrower)
    await ask(heard, 'set', 'a', { cookie: {} })
    await ask(heard, 'destroy', 'a')
    heard.close()
    await turns()
    assert.equal(thrown.length, 4)
    assert.equal(emitted.length, 2)
    assert.match(emitted[1], warned)
  })
}

for (const [what, make] of Object.entries(FALSY)) {
  test(`What throws ${what} is an error for next, and not the way on`, async t => {
    const store = mapStore(ways.later)
    const thrower = () => { throw make() }
    for (const options of [{ genid: thrower }, { cookie: thrower }]) {
      let handled = 0
      const app = await serve(t, middleware(options), (req, res) => { handled++; res.end() })
      assert.equal((await app.get('/')).status, 500)
      assert.equal(handled, 0)
      assert.equal(app.errors[0].message, `the app or its session store threw ${{ zero: 'a number', false: 'a boolean', 'an empty string': 'a string' }[what] || what}`)
    }
    const app = await serve(t, middleware({ store }), (req, res) => { req.session.n ??= 1; res.end(String(req.session.n)) })
    const browser = app.browser()
    await browser.get('/')
    const { get } = store
    store.get = thrower
    assert.equal((await browser.get('/')).status, 500, 'a failing store is not one that has no session')
    store.get = get
    assert.equal((await browser.get('/')).body, '1')
  })
}

for (const [what, make] of Object.entries({ ...FALSY, ...Object.fromEntries(SOME.map(what => [what, VALUES[what]])) })) {
  test(`With hold: 'headers' and by rejections too, a store that fails with ${what} ends no process`, async t => {
    const store = mapStore(ways.later)
    const methods = { ...store }
    for (const hold of ['end', 'headers']) {
      const get = await expressApp(t, middleware({ store, unset: 'destroy', hold }), (req, res) => {
        if (req.url === '/destroy') req.session = null
        else if (req.url === '/set') req.session.n = Math.random()
        res.end('answered')
      })
      for (const method of ['get', 'set', 'touch', 'destroy']) {
        for (const fails of [async () => { throw make() }, () => { throw make() }, (...args) => { setImmediate(args.at(-1), make() || failed) }]) {
          Object.assign(store, methods)
          const { cookie } = await get('/set')
          store[method] = fails
          const { status } = await get(`/${method}`, { cookie })
          assert.equal(status, method === 'get' || hold === 'headers' ? 500 : 200, `${hold} ${method} ${fails}`)
        }
      }
    }
    await turns(10)
  })

  test(`A skip and an onDisconnect that fail with ${what} let no request go on`, async t => {
    const thrower = () => { throw make() }
    for (const fails of [thrower, async () => { throw make() }]) {
      const store = new MemoryStore()
      for (const options of [{ onDisconnect: fails }, { skip: fails }]) {
        const get = await expressApp(t, middleware({ store, ...options }), (req, res) => res.end('went on'))
        store.emit('disconnect')
        assert.equal((await get('/')).status, 500)
        store.emit('connect')
      }
    }
    await turns(10)
  })
}

test('Each line of debug output says something, whatever the store and the app give', async t => {
  const lines = []
  createDebug.enable('express-session')
  t.mock.method(createDebug, 'log', (...args) => lines.push(format(...args)))
  t.after(() => createDebug.disable())
  for (const make of [...Object.values(VALUES), () => new Error('x'), () => Object.assign(new Error('x'), { code: 'ECODE' }), () => ({}), () => ({ code: undefined, name: undefined })]) {
    const store = mapStore(ways.later)
    const app = await serve(t, middleware({ store }), (req, res) => { req.session.n = 1; res.end() })
    const { cookie } = await app.get('/')
    store.get = (sid, callback) => setImmediate(callback, make())
    await app.get('/', { cookie })
    for (const genid of [make, () => undefined, () => null]) {
      const other = await serve(t, middleware({ genid }), (req, res) => { req.session.n = 1; req.session.save(() => res.end()) })
      await other.get('/')
    }
  }
  assert.ok(lines.length > 100)
  assert.deepEqual(lines.filter(line => /undefined…?$|null…?$|\[object/.test(line)), [])
  assert.ok(lines.some(line => line.endsWith('store failed: ECODE')))
  assert.ok(lines.some(line => line.endsWith('store failed: an Error')))
})
