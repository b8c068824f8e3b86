'use strict'

// A middleware that is called with something else than a request and a response says so, to next.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { mapStore, ways } = require('../helpers/stores')
const { middleware } = require('../helpers/subject')

const revoked = () => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

const NO_RESPONSE = [
  [undefined, 'undefined'], [null, 'null'], ['x', 'a string'], ['', 'a string'], [5, 'a number'], [true, 'a boolean'], [1n, 'a bigint'], [Symbol('x'), 'a symbol']
]

for (const [res, type] of NO_RESPONSE) {
  test(`A response that is ${type} is an error for next`, () => {
    for (const store of [undefined, mapStore(ways.later)]) {
      const calls = []
      middleware({ store })({ headers: {}, url: '/' }, res, (...args) => calls.push(args))
      assert.equal(calls.length, 1)
      assert.ok(calls[0][0] instanceof TypeError)
      assert.equal(calls[0][0].message, `the session middleware needs a response, as node:http makes them; its second argument is ${type}`)
    }
  })
}

const NO_REQUEST = [
  [undefined, 'undefined'], [null, 'null'], ['x', 'a string'], [{}, 'an object'], [{ headers: null }, 'an object'], [{ headers: 'x' }, 'an object']
]

for (const [req, type] of NO_REQUEST) {
  test(`A request that is ${type} is an error for next (${JSON.stringify(req)})`, () => {
    const calls = []
    middleware()(req, { end () {} }, (...args) => calls.push(args))
    assert.equal(calls.length, 1)
    assert.equal(calls[0][0].message, `the session middleware needs a request with headers, as node:http makes them; its first argument is ${type}`)
  })
}

test('A next that is no function is an error at once, and not later in a callback of the store', () => {
  for (const next of [undefined, null, {}, 'next']) {
    assert.throws(() => middleware({ store: mapStore(ways.later) })({ headers: {}, url: '/' }, { end () {} }, next), {
      name: 'TypeError', message: /^the session middleware needs next, a function; its third argument is (undefined|null|an object|a string)$/
    })
  }
})

test('A revoked proxy in the place of a request or a response does not escape', () => {
  for (const args of [[{ headers: {}, url: '/' }, revoked()], [revoked(), { end () {} }]]) {
    const calls = []
    try {
      middleware()(...args, (...given) => calls.push(given))
    } catch (err) {
      calls.push([err])
    }
    assert.ok(calls.length === 1 && calls[0][0] instanceof TypeError)
  }
})

test('A response may be any object, as the handshakes of sockets have it', () => {
  for (const res of [{}, { end () {} }, [], () => {}]) {
    const req = { headers: {}, url: '/' }
    middleware()(req, res, assert.ifError)
    assert.equal(typeof req.session.id, 'string')
  }
})
