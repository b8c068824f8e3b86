'use strict'

// clearCookie: a client whose session was destroyed forgets its cookie.

const assert = require('node:assert/strict')
const http2 = require('node:http2')
const { once } = require('node:events')
const { test } = require('node:test')
const express = require('express')
const { patience, turns } = require('../../helpers/calls')
const { connectHttp2, parseSetCookie, request, sessionCookie } = require('../../helpers/client')
const { failingStore, stores } = require('../../helpers/features')
const { serve } = require('../../helpers/server')
const { middleware } = require('../../helpers/subject')

const OPTIONS = { clearCookie: true, saveUninitialized: false, proxy: true }
const HTTPS = { 'X-Forwarded-Proto': 'https' }
const EXPIRED = 'Expires=Thu, 01 Jan 1970 00:00:00 GMT'

const WAYS = {
  'destroy(callback)': (req, done) => req.session.destroy(done),
  'destroy()': (req, done) => { req.session.destroy(); done() },
  'session = null': (req, done) => { req.session = null; done() },
  'delete session': (req, done) => { delete req.session; done() },
  'regenerate, then destroy': (req, done) => req.session.regenerate(() => req.session.destroy(done)),
  'save, then destroy': (req, done) => req.session.save(() => req.session.destroy(done))
}

const handle = (how, end = res => res.end('bye')) => (req, res) => {
  if (req.url === '/logout') return WAYS[how](req, () => end(res))
  req.session.user = 'ann'
  res.end('hello')
}

for (const [kind, make] of Object.entries(stores)) {
  for (const how of Object.keys(WAYS)) {
    for (const unset of ['destroy', 'keep']) {
      test(`The cookie is sent again, expired, after ${how} (${kind}, unset: ${unset})`, async t => {
        const { store } = make()
        const app = await serve(t, middleware({ ...OPTIONS, store, unset }), handle(how))
        const browser = app.browser()
        await browser.get('/')
        const response = await browser.get('/logout')
        assert.deepEqual(response.setCookie, [`connect.sid=; Path=/; ${EXPIRED}; HttpOnly`])
        assert.equal(browser.cookie, '')
        assert.deepEqual((await browser.get('/logout')).setCookie, [], 'there is nothing to forget')
        assert.deepEqual(app.errors, [])
      })
    }
  }
}

test('It has the attributes that the cookie was set with', async t => {
  for (const [cookie, name] of [
    [{ path: '/', secure: true }, '__Host-id'],
    [{ path: '/', secure: true, partitioned: true, sameSite: 'none' }, '__Host-id'],
    [{ domain: 'example.com', sameSite: 'strict', priority: 'high', httpOnly: false }, 'id'],
    [{ maxAge: 60000, path: '/logout' }, 'id'],
    [{ secure: 'auto', sameSite: 'auto' }, 'id'],
    [() => ({ path: '/', maxAge: 1000, secure: 'auto' }), 'id']
  ]) {
    const app = await serve(t, middleware({ ...OPTIONS, name, cookie }), (req, res) => {
      if (req.session.user) return req.session.destroy(() => res.end())
      req.session.user = 'ann'
      res.end()
    })
    const set = await app.get('/logout', { headers: HTTPS })
    const cleared = await app.get('/logout', { headers: HTTPS, cookie: set.cookie })
    const before = parseSetCookie(set.setCookie[0])
    const after = parseSetCookie(cleared.setCookie[0])
    const others = ({ attributes }) => attributes.filter(text => !text.startsWith('Expires='))
    assert.equal(after.name, before.name)
    assert.equal(after.value, '')
    assert.deepEqual(others(after), others(before))
    assert.ok(after.attributes.includes(EXPIRED))
    assert.equal(after.attributes.some(text => text.startsWith('Max-Age')), false)
  }
})

test('It has the attributes of the session\'s own cookie, which the app may have changed', async t => {
  const app = await serve(t, middleware(OPTIONS), (req, res) => {
    if (req.session.user) return req.session.destroy(() => res.end())
    req.session.user = 'ann'
    req.session.cookie.domain = 'example.com'
    res.end()
  })
  const set = await app.get('/')
  assert.deepEqual((await app.get('/', { cookie: set.cookie })).setCookie, [`connect.sid=; Domain=example.com; Path=/; ${EXPIRED}; HttpOnly`])
})

test('What the request itself changes in the cookie is not what the client has', async t => {
  const app = await serve(t, middleware({ ...OPTIONS, cookie: { path: '/app', sameSite: 'lax' } }), (req, res) => {
    if (req.session.user) {
      Object.assign(req.session.cookie, { path: '/', sameSite: 'none', secure: true, maxAge: 0 })
      return req.session.destroy(() => res.end())
    }
    req.session.user = 'ann'
    res.end()
  })
  const { cookie } = await app.get('/app')
  assert.deepEqual((await app.get('/app', { cookie })).setCookie, [`connect.sid=; Path=/app; ${EXPIRED}; HttpOnly; SameSite=Lax`])
})

test('It comes with res.redirect, next to other cookies, with writeHead and a streamed body', async t => {
  const app = express()
  app.use(middleware(OPTIONS))
  app.get('/login', (req, res) => { req.session.user = 'ann'; res.end() })
  app.get('/redirect', (req, res) => { req.session.destroy(); res.redirect('/') })
  app.get('/cookies', (req, res) => { res.cookie('a', 'b'); req.session.destroy(() => res.send('x')) })
  app.get('/writeHead', (req, res) => req.session.destroy(() => res.writeHead(200, { 'X-A': '1' }).end()))
  app.get('/stream', (req, res) => req.session.destroy(() => { res.write('x'); res.end('y') }))
  const { port } = await serve(t, [], app)
  for (const path of ['/redirect', '/cookies', '/writeHead', '/stream']) {
    const { cookie } = await request({ port, path: '/login' })
    const { setCookie } = await request({ port, path, cookie })
    assert.equal(setCookie.at(-1), `connect.sid=; Path=/; ${EXPIRED}; HttpOnly`, path)
    assert.equal(setCookie.length, path === '/cookies' ? 2 : 1)
  }
})

test('It works with HTTP/2', async t => {
  for (const how of Object.keys(WAYS)) {
    for (const end of [res => res.end('bye'), res => { res.writeHead(302, { location: '/' }); res.end() }, res => { res.write('b'); res.end('ye') }]) {
      const app = await serve(t, middleware(OPTIONS), handle(how, end), http2.createServer())
      const connection = connectHttp2(app.port)
      t.after(() => connection.destroy())
      await once(connection, 'connect')
      const ask = (path, cookie) => request({ http2: connection, timeout: patience(), path, cookie })
      const { cookie } = await ask('/')
      assert.deepEqual((await ask('/logout', cookie)).setCookie, [`connect.sid=; Path=/; ${EXPIRED}; HttpOnly`])
    }
  }
})

test('A new session\'s cookie takes its place', async t => {
  const app = await serve(t, middleware(OPTIONS), (req, res) => {
    const fresh = () => { req.session.user = 'bob'; res.end() }
    if (!req.session.user) return fresh()
    if (req.url === '/regenerate') return req.session.regenerate(fresh)
    req.session.destroy(() => { req.sessionStore.generate(req); fresh() })
  })
  for (const path of ['/regenerate', '/generate']) {
    const browser = app.browser()
    await browser.get('/')
    const { setCookie } = await browser.get(path)
    assert.equal(setCookie.length, 1)
    assert.notEqual(parseSetCookie(setCookie[0]).value, '')
  }
})

test('A client without a cookie of ours is sent none, and an unknown id is forgotten', async t => {
  const app = await serve(t, middleware(OPTIONS), (req, res) => req.session.destroy(() => res.end()))
  assert.deepEqual((await app.get('/')).setCookie, [])
  assert.deepEqual((await app.get('/', { cookie: 'connect.sid=s%3Aforged.signature' })).setCookie, [])
  assert.equal((await app.get('/', { cookie: sessionCookie('unknown', 'keyboard cat') })).setCookie.length, 1)
})

test('A store that fails to load the session does not log the client out', async t => {
  for (const kind of ['connect-redis', 'a store that fails']) {
    const { store, fail } = kind === 'connect-redis' ? stores[kind]() : failingStore()
    const app = await serve(t, middleware({ ...OPTIONS, store }), handle('destroy()'))
    const browser = app.browser()
    await browser.get('/')
    fail('get')
    const response = await browser.get('/')
    assert.equal(response.status, 500)
    assert.deepEqual(response.setCookie, [])
  }
})

test('A store that fails to destroy the session still has the client forget it', async t => {
  for (const kind of ['connect-redis', 'a store that fails']) {
    const { store, fail } = kind === 'connect-redis' ? stores[kind]() : failingStore()
    let told
    const app = await serve(t, middleware({ ...OPTIONS, store }), (req, res) => {
      if (req.url !== '/logout') {
        req.session.user = 'ann'
        return res.end()
      }
      fail('destroy')
      req.session.destroy(err => { told = err; res.end() })
    })
    const browser = app.browser()
    await browser.get('/')
    assert.equal((await browser.get('/logout')).setCookie.length, 1)
    assert.ok(told instanceof Error)
  }
})

test('A secure cookie is not cleared over an insecure connection, which browsers would ignore', async t => {
  const warnings = []
  const note = warning => warnings.push(warning.code)
  process.on('warning', note)
  t.after(() => process.off('warning', note))
  const app = await serve(t, middleware({ ...OPTIONS, cookie: { secure: true } }), handle('destroy()'))
  const { cookie } = await app.get('/', { headers: HTTPS })
  assert.deepEqual((await app.get('/logout', { cookie })).setCookie, [])
  await turns()
  assert.deepEqual(warnings, ['EXPRESS_SESSION_SECURE_COOKIE'])
})

test('Without it, nothing is sent', async t => {
  for (const clearCookie of [undefined, false]) {
    const app = await serve(t, middleware({ ...OPTIONS, clearCookie }), handle('destroy()'))
    const browser = app.browser()
    await browser.get('/')
    assert.deepEqual((await browser.get('/logout')).setCookie, [])
  }
})
