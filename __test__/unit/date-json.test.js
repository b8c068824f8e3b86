'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')
const fc = require('fast-check')
const upstream = require('express-session')
const session = require('../..')

/** A cookie of each that expires at `expires`. */
function cookies (expires) {
  return [new session.Cookie({ expires }), new upstream.Cookie({ expires })]
}

function same (expires, message) {
  const [ours, theirs] = cookies(expires)
  ours.originalMaxAge = theirs.originalMaxAge = 1000 // the clock may have gone on between the two
  assert.equal(JSON.stringify({ cookie: ours }), JSON.stringify({ cookie: theirs }), message)
  assert.equal(JSON.stringify(ours), JSON.stringify(theirs), message)
}

test('The JSON of a cookie is that of express-session for any date', () => {
  const now = Date.now()
  // One second after the other, and one moment twice: what is kept of the last date must not show.
  for (const moment of [0, 1, 9, 10, 99, 100, 999, 1000, -1, -1000, -1001, now, now, now + 1, now + 1000, now]) same(new Date(moment))
  for (const text of ['0000-01-01T00:00:00.000Z', '-000001-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z', '+010000-01-01T00:00:00.000Z']) {
    same(new Date(text), text)
  }
  same(new Date(NaN), 'an invalid date')
  for (const other of [null, undefined, false, 'tomorrow', 5, {}, []]) same(other, String(other))
  fc.assert(fc.property(fc.date({ noInvalidDate: false }), date => same(date)), { numRuns: 2000 })
})

test('A date with a toJSON of its own keeps it', t => {
  class Day extends Date {
    toISOString () { return super.toISOString().slice(0, 10) }
  }
  const own = new Date(0)
  own.toJSON = () => 'own'
  for (const date of [new Day(0), own]) same(date)

  t.mock.method(Date.prototype, 'toJSON', () => 'patched')
  same(new Date(0), 'Date.prototype.toJSON')
  t.mock.restoreAll()
  t.mock.method(Date.prototype, 'toISOString', () => 'patched')
  same(new Date(0), 'Date.prototype.toISOString')
})

test('A replacer gets a Date where express-session has one', () => {
  for (const cookie of cookies(new Date(5))) {
    const seen = []
    JSON.stringify({ cookie }, function (key, value) {
      if (key === 'expires') seen.push(value, this[key] instanceof Date, this[key].getTime(), Object.keys(this[key]))
      return value
    })
    assert.deepEqual(seen, ['1970-01-01T00:00:00.005Z', true, 5, []])
  }
})

test('The cookie and its data keep their plain Date', () => {
  const expires = new Date(5)
  const [cookie] = cookies(expires)
  JSON.stringify(cookie)
  assert.equal(cookie.expires, expires)
  assert.equal(cookie.data.expires, expires)
  assert.equal(cookie.toJSON().expires, expires)
  assert.deepEqual(Reflect.ownKeys(expires), [])
})
