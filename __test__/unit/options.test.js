'use strict'

// Options of session(). The differential suite has each option in every form; this is what it cannot say.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const signature = require('cookie-signature')
const { sessionCookie } = require('../helpers/client')
const { serve } = require('../helpers/server')
const { mapStore, ways } = require('../helpers/stores')
const { middleware } = require('../helpers/subject')

test('The first of several secrets signs and all verify, also after the app has changed its array', async t => {
  const secrets = ['new', 'old']
  const app = await serve(t, middleware({ secret: secrets }), (req, res) => { req.session.user ??= 'ann'; res.end(req.sessionID) })
  const id = (await app.get('/')).body
  for (const [secret, opens] of [['new', true], ['old', true], ['newer', false]]) {
    assert.equal((await app.get('/', { cookie: sessionCookie(id, secret) })).body === id, opens, secret)
  }
  secrets.unshift('newer')
  secrets.pop()
  for (const [secret, opens] of [['newer', true], ['new', true], ['old', false]]) {
    assert.equal((await app.get('/', { cookie: sessionCookie(id, secret) })).body === id, opens, secret)
  }
  assert.match((await app.get('/')).cookie, /^connect\.sid=/)
  const fresh = await app.get('/')
  assert.notEqual(signature.unsign(decodeURIComponent(fresh.cookie.split('=')[1]).slice(2), 'newer'), false)
})

test('Each cookie has its own attributes, whatever the one before it had', async t => {
  const { serialize } = require('cookie')
  const all = [
    {}, { path: '/a' }, { sameSite: 'lax' }, { sameSite: 'strict' }, { sameSite: true }, { sameSite: 'none', secure: true }, { httpOnly: false }, { domain: 'a.b' },
    { priority: 'low' }, { partitioned: true }, { expires: new Date(1.9e12) }, { expires: new Date(1.9e12 + 999) }, { expires: new Date(1.9e12 + 1000) },
    { expires: new Date(1.9e12), path: '/a' }, {}
  ]
  let attributes
  const app = await serve(t, middleware({ proxy: true, store: mapStore(ways.synchronously) }), (req, res) => {
    Object.assign(req.session.cookie, attributes)
    const { data } = req.session.cookie
    req.session.touch = function () { return this } // or it would move the expiry
    res.end(serialize('connect.sid', 'value', data))
  })
  for (attributes of [...all, ...all.reverse()]) {
    const { body, setCookie } = await app.get('/', { headers: { 'X-Forwarded-Proto': 'https' } })
    assert.equal(setCookie[0].replace(/=[^;]*/, '=value'), body)
  }
})
