'use strict'

// AsyncLocalStorage holds in everything that follows a store's callback, also when the store calls back in the context of
// another request, as clients with a pool of connections or a queue do.

const assert = require('node:assert/strict')
const { AsyncLocalStorage, createHook } = require('node:async_hooks')
const express = require('express-session')
const { turns } = require('../../helpers/calls')
const { serve } = require('../../helpers/server')
const { mapStore } = require('../../helpers/stores')
const { deviation, middleware } = require('../../helpers/subject')

/** Answers in the context in which it was made: outside of every request. */
function pooledAnswer () {
  const queue = []
  const timer = setInterval(() => { for (const work of queue.splice(0)) work() }, 1)
  return { close: () => clearInterval(timer), answer: (callback, ...args) => callback && queue.push(() => callback(...args)) }
}

function pooledStore (t) {
  const { answer, close } = pooledAnswer()
  t.after(close)
  return mapStore(answer)
}

/** The same, with sessions that the store makes of express-session's own copy, as connect-redis does. */
function foreignStore (t) {
  const store = pooledStore(t)
  for (const name of ['createSession', 'regenerate', 'load']) store[name] = express.Store.prototype[name]
  return store
}

const USES = {
  'the app after get' (req, res, say) { say() },
  'save(callback)' (req, res, say) { req.session.save(say) },
  'reload(callback)' (req, res, say) { req.session.save(() => req.session.reload(say)) },
  'regenerate(callback)' (req, res, say) { req.session.regenerate(say) },
  'destroy(callback)' (req, res, say) { req.session.destroy(say) },
  'store.regenerate(req, callback)' (req, res, say) { req.sessionStore.regenerate(req, say) },
  'store.load(sid, callback)' (req, res, say) { req.sessionStore.load(req.sessionID, say) }
}

const STORES = { 'a pooled store': pooledStore, 'a pooled store with sessions of express-session': foreignStore }

for (const [kind, makeStore] of Object.entries(STORES)) {
  for (const [what, use] of Object.entries(USES)) {
    if (kind !== 'a pooled store' && what.startsWith('store.')) continue // its own methods
    deviation(`AsyncLocalStorage holds in ${what} (${kind})`, async t => {
      const storage = new AsyncLocalStorage()
      const app = await serve(t, [
        (req, res, next) => storage.run({ path: req.url }, next),
        middleware({ store: makeStore(t), resave: true })
      ], (req, res) => {
        req.session.n = (req.session.n || 0) + 1
        use(req, res, () => res.end(String(storage.getStore()?.path)))
      })
      const browser = app.browser()
      await browser.get('/first')
      const bodies = await Promise.all(['/a', '/b'].map(async path => (await browser.copy().get(path)).body))
      assert.deepEqual(bodies, ['/a', '/b'])
    })
  }
}

deviation('AsyncLocalStorage holds in an end that waited for the store', async t => {
  const storage = new AsyncLocalStorage()
  const seen = []
  const app = await serve(t, [
    (req, res, next) => storage.run({ path: req.url }, next),
    (req, res, next) => {
      const { end } = res
      res.end = function (...args) {
        seen.push(storage.getStore()?.path)
        return end.apply(this, args)
      }
      next()
    },
    middleware({ store: pooledStore(t), resave: true })
  ], (req, res) => { req.session.n = 1; res.end('x') })
  await app.get('/a')
  assert.deepEqual(seen, ['/a'])
})

deviation('A genid that runs after a destroy sees its request', async t => {
  const storage = new AsyncLocalStorage()
  const paths = []
  const store = pooledStore(t)
  const app = await serve(t, [
    (req, res, next) => storage.run({ path: req.url }, next),
    middleware({ store, genid: () => { paths.push(storage.getStore()?.path); return `id${paths.length}` } })
  ], (req, res) => req.session.regenerate(() => res.end()))
  await app.get('/a')
  assert.deepEqual(paths, ['/a', '/a'])
})

deviation('Each context that is kept for a store ends with its answer', async t => {
  const open = new Set()
  let opened = 0
  const hook = createHook({
    init (id, type) {
      if (type !== 'express-session') return
      open.add(id)
      opened++
    },
    destroy: id => open.delete(id)
  }).enable()
  t.after(() => hook.disable())
  const app = await serve(t, middleware({ store: pooledStore(t), resave: true }), (req, res) => {
    req.session.n = 1
    req.session.save(() => req.session.reload(() => res.end('x')))
  })
  const browser = app.browser()
  await browser.get('/')
  await browser.get('/')
  await turns()
  assert.ok(opened >= 6, String(opened))
  assert.equal(open.size, 0)
})
