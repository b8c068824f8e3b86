'use strict'

// The `cookie` option as a function.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { serve } = require('../../helpers/server')
const { deviation, middleware } = require('../../helpers/subject')

const HTTPS = { 'X-Forwarded-Proto': 'https' }

deviation('A cookie function is called once per request', async t => {
  let calls = 0
  const cookie = req => {
    calls++
    assert.equal(req.method, 'GET')
    return { maxAge: 60000 }
  }
  const app = await serve(t, middleware({ cookie, rolling: true }), (req, res) => {
    if (req.url === '/again') return req.session.regenerate(() => res.end())
    req.session.views = (req.session.views || 0) + 1
    res.end()
  })
  const browser = app.browser()
  for (const [index, path] of ['/', '/', '/again', '/', '/again'].entries()) {
    await browser.get(path)
    assert.equal(calls, index + 1, path)
  }
})

for (const [headers, secure, sameSite] of [[HTTPS, true, 'None'], [{}, false, 'Lax']]) {
  deviation(`A cookie function may return secure: 'auto' and sameSite: 'auto', ${secure ? 'over TLS' : 'without TLS'}`, async t => {
    const app = await serve(t, middleware({ proxy: true, cookie: () => ({ secure: 'auto', sameSite: 'auto' }) }), (req, res) => {
      req.session.a = 1
      res.end(JSON.stringify(req.session.cookie.data))
    })
    const res = await app.get('/', { headers })
    const data = JSON.parse(res.body)
    assert.equal(data.secure, secure)
    assert.equal(data.sameSite, sameSite.toLowerCase())
    assert.equal(/; Secure/.test(res.setCookie[0]), secure)
    assert.match(res.setCookie[0], new RegExp(`SameSite=${sameSite}`))
  })
}

deviation('A session regenerated within the request keeps what the cookie function returned', async t => {
  let count = 0
  const app = await serve(t, middleware({ cookie: () => ({ domain: `d${++count}.example.com` }) }), (req, res) => {
    req.session.regenerate(() => res.end())
  })
  assert.match((await app.get('/')).setCookie[0], /Domain=d1\.example\.com/)
  assert.match((await app.get('/')).setCookie[0], /Domain=d2\.example\.com/)
})

test('The path that a cookie function returns decides whether there is a session', async t => {
  const cookie = req => ({ path: req.headers['x-tenant'] || '/app' })
  const app = await serve(t, middleware({ cookie }), (req, res) => res.end(typeof req.session))
  assert.equal((await app.get('/app/x')).body, 'object')
  assert.equal((await app.get('/other')).body, 'undefined')
  assert.equal((await app.get('/other', { headers: { 'X-Tenant': '/other' } })).body, 'object')
})

test('The path is / when a cookie function returns none', async t => {
  const app = await serve(t, middleware({ cookie: () => ({}) }), (req, res) => res.end(typeof req.session))
  const res = await app.get('/any')
  assert.equal(res.body, 'object')
  assert.match(res.setCookie[0], /Path=\/;/)
})

test('The cookie has the attributes that a cookie function returns', async t => {
  const cookie = req => ({ domain: req.headers['x-host'], httpOnly: false, priority: 'high', maxAge: 3600000 })
  const app = await serve(t, middleware({ cookie }), (req, res) => res.end())
  for (const host of ['a.example.com', 'b.example.com']) {
    const [text] = (await app.get('/', { headers: { 'X-Host': host } })).setCookie
    assert.match(text, new RegExp(`Domain=${host}`))
    assert.match(text, /Priority=High/)
    assert.match(text, /Expires=/)
    assert.doesNotMatch(text, /HttpOnly/)
  }
})
