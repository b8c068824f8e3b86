'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')
const fc = require('fast-check')
const { Cookie } = require('../..')

/** As express-session's toJSON does it: the Date is JSON.stringify's. */
const plain = (cookie) => JSON.stringify({ cookie: { ...cookie.data } })

test('the JSON text of a cookie has the expiry as Date writes it', () => {
  fc.assert(fc.property(fc.date({ noInvalidDate: false }), fc.nat(2000), (date, later) => {
    for (const expires of [date, new Date(date.getTime() + later), new Date(date.getTime() - later)]) {
      const cookie = new Cookie()
      cookie.expires = expires
      assert.equal(JSON.stringify({ cookie }), plain(cookie))
    }
  }))
})

test('so with an expiry that is no date, or one of its own kind', () => {
  class Later extends Date {
    toISOString () {
      return 'later'
    }
  }
  const own = Object.assign(new Date(0), { toJSON: () => 'own' })
  for (const expires of [null, false, undefined, '2026-11-21T12:00:00.000Z', 0, new Date(NaN), new Later(0), own]) {
    const cookie = new Cookie()
    cookie.expires = expires
    assert.equal(JSON.stringify({ cookie }), plain(cookie))
  }
})

test('`toJSON` called by a store gives the Date itself', () => {
  const cookie = new Cookie({ maxAge: 1000 })
  assert.equal(cookie.toJSON().expires, cookie.expires)
  JSON.stringify(cookie)
  assert.ok(cookie.expires instanceof Date)
})
