'use strict'

// cacheControl: shared caches keep no answer that sets the cookie.

const assert = require('node:assert/strict')
const http2 = require('node:http2')
const { once } = require('node:events')
const { test } = require('node:test')
const { patience } = require('../../helpers/calls')
const { connectHttp2, request } = require('../../helpers/client')
const { failingStore, stores } = require('../../helpers/features')
const { serve } = require('../../helpers/server')
const { middleware } = require('../../helpers/subject')

const OPTIONS = { cacheControl: true, saveUninitialized: false }
const caching = ({ headers }) => [headers['cache-control'], headers.vary]

for (const [kind, make] of Object.entries({ ...stores, 'a store that fails': failingStore })) {
  test(`Answers that set the cookie are private, others stay as they are (${kind})`, async t => {
    const { store, fail } = make()
    const app = await serve(t, middleware({ ...OPTIONS, store }), (req, res) => {
      if (req.url === '/login') req.session.user = 'ann'
      if (kind === 'a store that fails') fail('set', 'touch')
      res.end('x')
    })
    const browser = app.browser()
    assert.deepEqual(caching(await browser.get('/')), [undefined, undefined])
    assert.deepEqual(caching(await browser.get('/login')), ['private', 'Cookie'])
    assert.deepEqual(caching(await browser.get('/')), [undefined, undefined])
  })
}

for (const [given, expected] of [
  [{ 'Cache-Control': 'public, max-age=60', Vary: 'Accept' }, ['public, max-age=60, private', 'Accept, Cookie']],
  [{ 'Cache-Control': 'no-store' }, ['no-store, private', 'Cookie']],
  [{ 'Cache-Control': 'max-age=1, Private', Vary: 'accept, COOKIE' }, ['max-age=1, Private', 'accept, COOKIE']],
  [{ 'Cache-Control': 'private="Set-Cookie"' }, ['private="Set-Cookie", private', 'Cookie']],
  [{ 'Cache-Control': ['no-cache', 'max-age=1'], Vary: ['Accept', 'Origin'] }, ['no-cache,max-age=1, private', 'Accept,Origin, Cookie']],
  [{ Vary: '*' }, ['private', '*']],
  [{ 'Cache-Control': '', Vary: '' }, ['private', 'Cookie']]
]) {
  for (const how of ['setHeader', 'writeHead']) {
    test(`What the app has set stays: ${JSON.stringify(given)} with ${how}`, async t => {
      const app = await serve(t, middleware(OPTIONS), (req, res) => {
        req.session.user = 'ann'
        if (how === 'writeHead') return res.writeHead(200, given).end()
        for (const [name, value] of Object.entries(given)) res.setHeader(name, value)
        res.end()
      })
      assert.deepEqual(caching(await app.get('/')), expected)
    })
  }
}

test('It works with HTTP/2, and for a cookie that is cleared', async t => {
  const app = await serve(t, middleware({ ...OPTIONS, clearCookie: true }), (req, res) => {
    if (req.url === '/logout') return req.session.destroy(() => res.end())
    req.session.user = 'ann'
    res.end()
  }, http2.createServer())
  const connection = connectHttp2(app.port)
  t.after(() => connection.destroy())
  await once(connection, 'connect')
  const ask = (path, cookie) => request({ http2: connection, timeout: patience(), path, cookie })
  const login = await ask('/')
  assert.deepEqual(caching(login), ['private', 'Cookie'])
  assert.deepEqual(caching(await ask('/logout', login.cookie)), ['private', 'Cookie'])
})

test('A mock that has no getHeader gets them', async () => {
  const headers = {}
  const res = { setHeader (name, value) { headers[name] = value }, end () {} }
  const req = { headers: {}, url: '/', method: 'GET' }
  await new Promise((resolve, reject) => middleware(OPTIONS)(req, res, err => err ? reject(err) : resolve()))
  req.session.user = 'ann'
  res.end()
  assert.deepEqual([headers['Cache-Control'], headers.Vary, headers['Set-Cookie'].length], ['private', 'Cookie', 1])
})

test('Without it, no such header is set', async t => {
  for (const cacheControl of [undefined, false]) {
    const app = await serve(t, middleware({ cacheControl }), (req, res) => res.end())
    const response = await app.get('/')
    assert.equal(response.setCookie.length, 1)
    assert.deepEqual(caching(response), [undefined, undefined])
  }
})
