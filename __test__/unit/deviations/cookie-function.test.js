'use strict'

// The `cookie` option as a function. The differential suite has more: 'auto', paths, attributes.

const assert = require('node:assert/strict')
const { serve } = require('../../helpers/server')
const { deviation, middleware } = require('../../helpers/subject')

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

deviation('A session regenerated within the request keeps what the cookie function returned', async t => {
  let count = 0
  const app = await serve(t, middleware({ cookie: () => ({ domain: `d${++count}.example.com` }) }), (req, res) => {
    req.session.regenerate(() => res.end())
  })
  assert.match((await app.get('/')).setCookie[0], /Domain=d1\.example\.com/)
  assert.match((await app.get('/')).setCookie[0], /Domain=d2\.example\.com/)
})
