'use strict'

// Two middlewares on one store keep their own cookie options, and fifty cause no listener warning.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { turns } = require('../../helpers/calls')
const { serve } = require('../../helpers/server')
const { deviation, middleware, session } = require('../../helpers/subject')

/** An app with one session middleware at /a and another at /b, on one store. */
async function twoSites (t, handler, each = {}) {
  const store = new session.MemoryStore()
  const site = name => middleware({
    store, name, cookie: { domain: name + '.example.com', maxAge: name === 'a' ? 1000 : 5000, ...each }, genid: () => name + Math.random()
  })
  const sites = { a: site('a'), b: site('b') }
  const app = await serve(t, (req, res, next) => sites[req.url[1]](req, res, next), handler)
  return { app, store, sites }
}

const regenerating = {
  'a new session': (req, res) => { req.session.n = 1; res.end() },
  regenerate: (req, res) => req.session.regenerate(() => res.end()),
  'req.sessionStore.generate': (req, res) => req.session.destroy(() => { req.sessionStore.generate(req); res.end() })
}

for (const [how, handler] of Object.entries(regenerating)) {
  deviation(`Each middleware has its own domain, name, maxAge and genid (${how})`, async t => {
    const { app } = await twoSites(t, handler)
    for (const name of ['a', 'b', 'a']) {
      const [text] = (await app.get('/' + name)).setCookie
      assert.match(text, new RegExp(`^${name}=s%3A${name}0\\.`))
      assert.match(text, new RegExp(`Domain=${name}\\.example\\.com`))
    }
  })
}

deviation('A session that is regenerated late has the options of its own middleware', async t => {
  const waiting = []
  const { app } = await twoSites(t, (req, res) => {
    if (req.url === '/b') return res.end()
    waiting.push(() => req.session.regenerate(() => res.end()))
  })
  const late = app.get('/a')
  while (waiting.length === 0) await turns()
  await app.get('/b')
  waiting[0]()
  assert.match((await late).setCookie[0], /^a=.*Domain=a\.example\.com/)
})

deviation('store.generate makes a session for a request that no middleware has seen', async t => {
  const { store } = await twoSites(t, () => {})
  const req = { headers: {} }
  store.generate(req)
  assert.match(req.sessionID, /^[ab]0\./)
  assert.ok(['a.example.com', 'b.example.com'].includes(req.session.cookie.domain))
  const warnings = await warningsOf(() => { for (let i = 0; i < 50; i++) middleware({ store }) })
  assert.deepEqual(warnings, [])
})

test('The first of two middlewares on one request has the session', async t => {
  const store = new session.MemoryStore()
  const app = await serve(t, [middleware({ store, name: 'one' }), middleware({ store, name: 'two' })], (req, res) => {
    req.session.a = 1
    res.end()
  })
  const { setCookie } = await app.get('/')
  assert.equal(setCookie.length, 1)
  assert.match(setCookie[0], /^one=/)
})

async function warningsOf (work) {
  const warnings = []
  const listen = warning => warnings.push(String(warning))
  process.on('warning', listen)
  work()
  await turns()
  process.off('warning', listen)
  return warnings
}

deviation('Fifty middlewares on one store cause no listener warning', async () => {
  const store = new session.MemoryStore()
  assert.deepEqual(await warningsOf(() => { for (let i = 0; i < 50; i++) middleware({ store }) }), [])
  assert.equal(store.listenerCount('disconnect'), 1)
  assert.equal(store.listenerCount('connect'), 1)
})

test('Each of fifty middlewares notices that the store is disconnected', () => {
  const store = new session.MemoryStore()
  store.setMaxListeners(0)
  const all = Array.from({ length: 50 }, () => middleware({ store }))
  const withSession = () => all.filter(use => {
    const req = { headers: {}, url: '/' }
    use(req, { end () {} }, () => {})
    return req.session !== undefined
  }).length
  assert.equal(withSession(), 50)
  store.emit('disconnect')
  assert.equal(withSession(), 0)
  store.emit('connect')
  assert.equal(withSession(), 50)
})
