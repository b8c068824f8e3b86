'use strict'

// A warning, once per middleware, when a secure cookie is not set on an insecure request.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const express = require('express')
const { turns } = require('../../helpers/calls')
const { serve } = require('../../helpers/server')
const { deviation, middleware } = require('../../helpers/subject')

function listen (t) {
  const warnings = []
  const hear = warning => warnings.push(warning)
  process.on('warning', hear)
  t.after(() => process.off('warning', hear))
  return warnings
}

const HTTPS = { 'X-Forwarded-Proto': 'https' }
const HTTP = { 'X-Forwarded-Proto': 'http' }
const CASES = [
  ['a plain connection', {}, {}, /did not come over HTTPS.*HTTPS.*cookie\.secure/],
  ['behind a proxy that is not trusted', {}, HTTPS, /proxy.*not trusted.*"trust proxy".*proxy option/],
  ['the proxy option false behind a proxy', { proxy: false }, HTTPS, /proxy option is false.*set it to true/],
  ['a trusted proxy without X-Forwarded-Proto', { proxy: true }, {}, /X-Forwarded-Proto.*set it in the proxy/],
  ['a trusted proxy that was reached without TLS', { proxy: true }, HTTP, /not reached over HTTPS/]
]

for (const [what, options, headers, message] of CASES) {
  deviation(`The warning names the reason and the setting, once: ${what}`, async t => {
    const warnings = listen(t)
    const app = await serve(t, middleware({ ...options, name: 'the.name', cookie: { secure: true } }), (req, res) => { req.session.a = 1; res.end() })
    for (let i = 0; i < 3; i++) assert.equal((await app.get('/', { headers })).setCookie.length, 0)
    await turns()
    assert.equal(warnings.length, 1)
    assert.match(warnings[0].message, message)
    assert.match(warnings[0].message, /"the\.name"/)
    assert.doesNotMatch(warnings[0].message, /keyboard cat|s:|s%3A/)
  })
}

deviation('Each middleware warns for itself', async t => {
  const warnings = listen(t)
  for (let i = 0; i < 2; i++) {
    const app = await serve(t, middleware({ cookie: { secure: true } }), (req, res) => res.end())
    await app.get('/')
  }
  await turns()
  assert.equal(warnings.length, 2)
})

for (const [what, options, headers] of [
  ['set over a trusted proxy', { proxy: true, cookie: { secure: true } }, HTTPS],
  ["'auto' without TLS", { cookie: { secure: 'auto' } }, {}],
  ['not secure', {}, {}]
]) {
  test(`A cookie that is ${what} leads to no warning`, async t => {
    const warnings = listen(t)
    const app = await serve(t, middleware(options), (req, res) => { req.session.a = 1; res.end() })
    assert.equal((await app.get('/', { headers })).setCookie.length, 1)
    await turns()
    assert.deepEqual(warnings, [])
  })
}

test('An untouched session that is not saved leads to no warning', async t => {
  const warnings = listen(t)
  const app = await serve(t, middleware({ saveUninitialized: false, cookie: { secure: true } }), (req, res) => res.end())
  await app.get('/')
  await turns()
  assert.deepEqual(warnings, [])
})

test('The "trust proxy" setting of Express makes the warning go away', async t => {
  const warnings = listen(t)
  const expressApp = express()
  expressApp.set('trust proxy', 1)
  expressApp.use(middleware({ cookie: { secure: true } }))
  expressApp.use((req, res) => { req.session.a = 1; res.end() })
  const app = await serve(t, [], expressApp)
  assert.equal((await app.get('/', { headers: HTTPS })).setCookie.length, 1)
  await turns()
  assert.deepEqual(warnings, [])
})
