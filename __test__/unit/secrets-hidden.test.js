'use strict'

// Secrets are kept out of error messages and of util.inspect.

const assert = require('node:assert/strict')
const { createSecretKey } = require('node:crypto')
const { test } = require('node:test')
const { inspect } = require('node:util')
const { serve } = require('../helpers/server')
const { middleware, session, underTest } = require('../helpers/subject')

const SECRET = 'hunter2-correct-horse-battery-staple'
const everything = { depth: Infinity, showHidden: true, getters: true, maxArrayLength: Infinity, maxStringLength: Infinity, breakLength: Infinity }

/** As text, as the bytes of a Buffer that is printed, in base64 and hex. */
const forms = secret => {
  const bytes = Buffer.from(secret)
  return [secret, [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join(' '), [...bytes].join(', '), bytes.toString('base64'), bytes.toString('hex')]
}

function assertHidden (text, what) {
  for (const form of forms(SECRET)) assert.ok(!text.includes(form), `${what} shows ${form}`)
}

for (const [kind, secret] of Object.entries({
  text: SECRET,
  Buffer: Buffer.from(SECRET),
  'array of both': [SECRET, Buffer.from(SECRET), createSecretKey(Buffer.from(SECRET))]
})) {
  test(`A secret as ${kind} shows in nothing that an app logs`, async t => {
    const store = new session.MemoryStore()
    const use = middleware({ secret, store })
    assertHidden(inspect(use, everything), 'the middleware')
    assertHidden(inspect(store, everything), 'the store')
    const app = await serve(t, use, (req, res) => {
      const rest = Object.fromEntries(Object.entries(req).filter(([key]) => !['socket', 'client', 'res', 'next'].includes(key)))
      assertHidden(inspect(rest, everything), 'the request')
      assertHidden(inspect(req.session, everything), 'the session')
      for (const symbol of Object.getOwnPropertySymbols(req)) assertHidden(inspect(req[symbol], { ...everything, depth: 6 }), String(symbol))
      assertHidden(JSON.stringify(req.session), 'the JSON of the session')
      res.end()
    })
    assert.equal((await app.get('/')).status, 200)
    assert.deepEqual(app.errors, [])
  })
}

test('An error about a wrong secret does not contain it', () => {
  for (const secret of [[SECRET, { key: SECRET }], { key: SECRET }]) {
    assert.throws(() => middleware({ secret })({ headers: {}, url: '/' }, { end () {} }, err => { throw err }), err => {
      assertHidden(err.stack, 'the error')
      return true
    })
  }
})

test('A keyring shows no secret', { skip: underTest !== 'express-session-native' }, () => {
  const { Keyring } = require('../helpers/internals')
  const keyring = new Keyring('connect.sid', [SECRET, Buffer.from(SECRET)])
  assertHidden(inspect(keyring, everything), 'the keyring')
  assertHidden(JSON.stringify(keyring) ?? '', 'its JSON')
  assert.deepEqual(Reflect.ownKeys(keyring), [])
})
