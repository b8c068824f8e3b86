'use strict'

// Several cookies of one name: the one with a valid signature wins, and at most eight are tried.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { serve } = require('../../helpers/server')
const { kinds } = require('../../helpers/stores')
const { deviation, middleware } = require('../../helpers/subject')

async function signedIn (t, store) {
  const app = await serve(t, middleware({ store }), (req, res) => {
    if (req.url === '/login') req.session.user = 'ann'
    res.end(req.session.user || 'nobody')
  })
  const { cookie } = await app.get('/login')
  return { app, cookie, who: async header => (await app.get('/', { cookie: header })).body }
}

const STALE = {
  'with a wrong signature': 'connect.sid=s%3Astale.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  'without a signature': 'connect.sid=stale',
  'without a value': 'connect.sid=',
  'with a broken escape': 'connect.sid=%E0%A4%A'
}

for (const [kind, makeStore] of Object.entries(kinds)) {
  for (const [what, stale] of Object.entries(STALE)) {
    deviation(`A valid cookie is found behind one ${what} (${kind})`, async t => {
      const { cookie, who } = await signedIn(t, makeStore())
      assert.equal(await who(`${stale}; ${cookie}`), 'ann')
    })

    test(`A valid cookie is found before one ${what} (${kind})`, async t => {
      const { cookie, who } = await signedIn(t, makeStore())
      assert.equal(await who(`${cookie}; ${stale}`), 'ann')
    })
  }

  deviation(`The eighth cookie is tried and the ninth is not (${kind})`, async t => {
    const { cookie, who } = await signedIn(t, makeStore())
    const stale = count => (STALE['without a signature'] + '; ').repeat(count)
    assert.equal(await who(stale(8) + cookie), 'nobody')
    assert.equal(await who(stale(7) + cookie), 'ann')
  })
}

test('The first of two valid cookies wins', async t => {
  const app = await serve(t, middleware(), (req, res) => {
    req.session.name ??= req.url
    res.end(req.session.name)
  })
  const [one, two] = [await app.get('/one'), await app.get('/two')]
  assert.equal((await app.get('/x', { cookie: `${one.cookie}; ${two.cookie}` })).body, '/one')
  assert.equal((await app.get('/x', { cookie: `${two.cookie}; ${one.cookie}` })).body, '/two')
})

test('A new session is made when no cookie is valid', async t => {
  const { who } = await signedIn(t, undefined)
  assert.equal(await who(Object.values(STALE).join('; ')), 'nobody')
})
