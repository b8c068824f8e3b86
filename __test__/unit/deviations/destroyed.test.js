'use strict'

// A session that is destroyed while another of its requests is running stays destroyed.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { needsBinary } = require('../../helpers/binary')
const { ask, until } = require('../../helpers/calls')
const { serve } = require('../../helpers/server')
const { deviation, middleware, session } = require('../../helpers/subject')

const { MemoryStore } = session

/** An app in which /slow waits for `go()` before it ends. */
async function slowApp (t, options, atTheEnd, store = new MemoryStore()) {
  const app = await serve(t, middleware({ store, ...options }), (req, res) => {
    switch (req.url) {
      case '/login':
        return req.session.regenerate(() => { req.session.user = 'ann'; res.end(req.sessionID) })
      case '/logout': return req.session.destroy(() => res.end())
      case '/regenerate': return req.session.regenerate(() => res.end(req.sessionID))
      case '/clear': return store.clear(() => res.end())
      case '/unset': req.session = null; return res.end()
      case '/expire': req.session.cookie.maxAge = -1000; req.session.n = 1; return res.end()
      case '/slow':
        app.waiting = () => atTheEnd(req, res)
        return
    }
    res.end(req.session.user || 'nobody')
  })
  app.store = store
  app.ids = () => Object.keys(store.sessions)
  return app
}

const ENDS = {
  'a change at its end': (req, res) => { req.session.late = true; res.end() },
  'session.save': (req, res) => { req.session.late = true; req.session.save(err => res.end(String(err || 'saved'))) },
  'session.save, then a change': (req, res) => req.session.save(() => { req.session.late = 2; res.end() }),
  'no change': (req, res) => res.end(),
  'session.touch and no change': (req, res) => { req.session.touch(); res.end() },
  'session.reload that fails': (req, res) => req.session.reload(err => res.end(String(err)))
}

for (const way of ['/logout', '/clear', '/regenerate']) {
  for (const [what, atTheEnd] of Object.entries(ENDS)) {
    // With nothing to write, upstream's touch finds no session either.
    const harmless = ['no change', 'session.touch and no change', 'session.reload that fails'].includes(what)
    for (const resave of harmless ? [false, true] : [false]) {
      // A reload that fails leaves req.session as it was: resave writes it again.
      const define = harmless && !resave ? test : deviation
      define(`A session stays destroyed after ${way.slice(1)} when a running request ends with ${what} (resave: ${resave})`, async t => {
        const app = await slowApp(t, { resave }, atTheEnd)
        const browser = app.browser()
        await browser.get('/')
        const id = (await browser.get('/login')).body
        const stolen = browser.cookie
        const slow = app.get('/slow', { cookie: stolen })
        await until(() => app.waiting)
        await browser.get(way)
        app.waiting()
        await slow
        assert.ok(!app.ids().includes(id))
        assert.equal((await app.get('/', { cookie: stolen })).body, 'nobody')
      })
    }
  }
}

const serializer = { stringify: value => '!' + JSON.stringify(value), parse: text => JSON.parse(text.slice(1)) }
const stores = {
  'with dispose': () => new MemoryStore({ dispose () {} }),
  'with a serializer': () => new MemoryStore({ serializer }),
  'with a ttl function': () => new MemoryStore({ ttl: () => 60_000 }),
  'with a shared name': () => new MemoryStore({ shared: 'destroyed ' + Math.random() }),
  'inherited, with a set of its own': () => new (class extends MemoryStore { set (...args) { return super.set(...args) } })(),
  'inherited, with a get of its own': () => new (class extends MemoryStore { get (...args) { return super.get(...args) } })(),
  'with methods that were wrapped': () => {
    const store = new MemoryStore()
    for (const method of ['get', 'set', 'touch', 'destroy']) {
      const original = store[method]
      store[method] = function (...args) { return original.apply(this, args) }
    }
    return store
  }
}

for (const [kind, makeStore] of Object.entries(stores)) {
  for (const what of ['a change at its end', 'session.save', 'session.save, then a change']) {
    deviation(`A session of a MemoryStore ${kind} stays destroyed when a running request ends with ${what}`, kind === 'with a shared name' ? needsBinary : {}, async t => {
      const app = await slowApp(t, {}, ENDS[what], makeStore())
      const browser = app.browser()
      const id = (await browser.get('/login')).body
      const slow = app.get('/slow', { cookie: browser.cookie })
      await until(() => app.waiting)
      await browser.get('/logout')
      app.waiting()
      await slow
      assert.equal(await ask(app.store, 'get', id), undefined)
    })
  }
}

deviation('A session stays destroyed after req.session = null with unset: destroy', async t => {
  const app = await slowApp(t, { unset: 'destroy' }, ENDS['a change at its end'])
  const browser = app.browser()
  const id = (await browser.get('/login')).body
  const slow = app.get('/slow', { cookie: browser.cookie })
  await until(() => app.waiting)
  await browser.get('/unset')
  app.waiting()
  await slow
  assert.ok(!app.ids().includes(id))
})

deviation('A session stays destroyed when several running requests end, in any order', async t => {
  const waiting = []
  const store = new MemoryStore()
  const app = await serve(t, middleware({ store, resave: true }), (req, res) => {
    if (req.url === '/logout') return req.session.destroy(() => res.end())
    if (req.url === '/slow') return waiting.push(() => { req.session.n = waiting.length; res.end() })
    req.session.user = 'ann'
    res.end()
  })
  const browser = app.browser()
  await browser.get('/')
  const slow = Array.from({ length: 8 }, () => app.get('/slow', { cookie: browser.cookie }))
  await until(() => waiting.length === 8)
  await browser.get('/logout')
  for (const go of waiting.sort(() => 1)) go()
  await Promise.all(slow)
  assert.deepEqual(Object.keys(store.sessions), [])
})

test('store.set works when the app calls it, before and after a late save', async t => {
  const app = await slowApp(t, {}, ENDS['a change at its end'])
  const browser = app.browser()
  const id = (await browser.get('/login')).body
  const slow = app.get('/slow', { cookie: browser.cookie })
  await until(() => app.waiting)
  await browser.get('/logout')
  await ask(app.store, 'set', id, { cookie: {}, user: 'by the app' })
  assert.equal((await ask(app.store, 'get', id)).user, 'by the app')
  app.waiting()
  await slow
  await ask(app.store, 'set', id, { cookie: {}, user: 'again' })
  assert.equal((await ask(app.store, 'get', id)).user, 'again')
})

deviation('A late save does not overwrite what the app has set under a destroyed id', async t => {
  const app = await slowApp(t, {}, ENDS['a change at its end'])
  const browser = app.browser()
  const id = (await browser.get('/login')).body
  const slow = app.get('/slow', { cookie: browser.cookie })
  await until(() => app.waiting)
  await browser.get('/logout')
  await ask(app.store, 'set', id, { cookie: {}, user: 'by the app' })
  app.waiting()
  await slow
  const { user, late } = await ask(app.store, 'get', id)
  assert.deepEqual([user, late], ['by the app', undefined])
})

test('A request that begins after the destroy saves a session of its own', async t => {
  const app = await slowApp(t, {}, ENDS['a change at its end'])
  const browser = app.browser()
  await browser.get('/login')
  await browser.get('/logout')
  const fresh = (await browser.get('/login')).body
  assert.deepEqual(app.ids(), [fresh])
  assert.equal((await browser.get('/')).body, 'ann')
})

test('A new session is saved when genid gives a destroyed id again', async t => {
  const store = new MemoryStore()
  const app = await serve(t, middleware({ store, genid: () => 'always the same' }), (req, res) => {
    if (req.url === '/logout') return req.session.destroy(() => res.end())
    req.session.views = (req.session.views || 0) + 1
    res.end(String(req.session.views))
  })
  const browser = app.browser()
  for (const [path, body] of [['/', '1'], ['/', '2'], ['/logout', ''], ['/', '1'], ['/', '2']]) {
    assert.equal((await browser.get(path)).body, body)
  }
})

test('A session is saved that is changed after a save in its first request', async t => {
  const app = await slowApp(t, {}, (req, res) => {
    req.session.a = 1
    req.session.save(() => { req.session.b = 2; res.end(req.sessionID) })
  })
  const slow = app.get('/slow')
  await until(() => app.waiting)
  app.waiting()
  const { a, b } = await ask(app.store, 'get', (await slow).body)
  assert.deepEqual([a, b], [1, 2])
})

deviation('A new session stays destroyed when it is saved and destroyed in its first request', async t => {
  const app = await slowApp(t, {}, (req, res) => {
    req.session.a = 1
    req.session.save(() => {
      app.store.destroy(req.sessionID, () => { req.session.b = 2; res.end(req.sessionID) })
    })
  })
  const slow = app.get('/slow')
  await until(() => app.waiting)
  app.waiting()
  assert.equal(await ask(app.store, 'get', (await slow).body), undefined)
})
