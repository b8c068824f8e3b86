'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')
const fc = require('fast-check')
const { answers, ask, toArray } = require('../helpers/calls')
const { serve } = require('../helpers/server')
const { middleware, session } = require('../helpers/subject')

const { MemoryStore } = session

test('A serializer of the app writes and reads every text', async () => {
  const store = new MemoryStore({
    serializer: {
      stringify: value => 'v1|' + JSON.stringify(value),
      parse: text => JSON.parse(text.replace(/^v1\|/, ''))
    }
  })
  await ask(store, 'set', 'a', { cookie: { path: '/' }, n: 1 })
  assert.equal(store.sessions.a, 'v1|{"cookie":{"path":"/"},"n":1}')
  await ask(store, 'touch', 'a', { cookie: { path: '/x' }, n: 2 })
  assert.deepEqual(await ask(store, 'get', 'a'), { cookie: { path: '/x' }, n: 1 })
  assert.deepEqual(Object.values(await ask(store, 'all')), [{ cookie: { path: '/x' }, n: 1 }])
  assert.deepEqual(await toArray(store), [['a', { cookie: { path: '/x' }, n: 1 }]])
})

test('The methods of a serializer are called on it', async () => {
  const serializer = {
    key: 5,
    stringify (value) { return String(value.n + this.key) },
    parse (text) { return { n: Number(text) - this.key } }
  }
  const store = new MemoryStore({ serializer })
  await ask(store, 'set', 'a', { n: 37 })
  assert.equal(store.sessions.a, '42')
  assert.deepEqual(await ask(store, 'get', 'a'), { n: 37 })
})

test('Any text of a serializer is kept exactly, half surrogate pairs too', async () => {
  const store = new MemoryStore({ serializer: { stringify: ({ text }) => text, parse: text => ({ text }) } })
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.integer({ min: 0, max: 0xffff })).map(units => String.fromCharCode(...units)),
    fc.constantFrom('', '\ud800', '\udc00\ud800', 'x\ud83d', '\ufffd', '\ufffd\ud800', '{"cookie":{"expires":null},"a":1}', '\0')
  )
  await fc.assert(fc.asyncProperty(text, async text => {
    await ask(store, 'set', 'x', { text })
    assert.equal(store.sessions.x, text)
    const got = await ask(store, 'get', 'x')
    assert.equal(got?.text, text === '' ? undefined : text, 'an empty text is no session, as upstream has it')
  }), { numRuns: 150 })
})

test('parse may return frozen objects, the same ones again, or no object', async () => {
  const shared = Object.freeze({ cookie: {}, n: 1 })
  for (const value of [Object.freeze({ cookie: {}, n: 1 }), Object.seal({ cookie: {}, n: 2 }), shared, shared, 5, 'text']) {
    const store = new MemoryStore({ serializer: { stringify: () => 'x', parse: () => value } })
    await ask(store, 'set', 'x', {})
    assert.equal(await ask(store, 'get', 'x'), value)
  }
})

test('A serializer works through the middleware', async t => {
  const store = new MemoryStore({
    serializer: {
      stringify: value => Buffer.from(JSON.stringify(value)).toString('base64'),
      parse: text => JSON.parse(Buffer.from(text, 'base64'))
    }
  })
  const app = await serve(t, middleware({ store }), (req, res) => {
    req.session.views = (req.session.views || 0) + 1
    res.end(String(req.session.views))
  })
  const browser = app.browser()
  for (const views of ['1', '2', '3']) assert.equal((await browser.get('/')).body, views)
  assert.match(Object.values(store.sessions)[0], /^[\w+/]+=*$/)
})

for (const method of ['stringify', 'parse']) {
  test(`An error of ${method} reaches the callback once and changes nothing`, async () => {
    let broken = false
    const guard = (name, work) => value => {
      if (broken && name === method) throw new Error('serializer')
      return work(value)
    }
    const store = new MemoryStore({
      serializer: { stringify: guard('stringify', JSON.stringify), parse: guard('parse', JSON.parse) }
    })
    await ask(store, 'set', 'x', { cookie: {}, n: 1 })
    broken = true
    const failing = method === 'stringify'
      ? [['set', 'x', { cookie: {}, n: 2 }], ['set', 'new', { cookie: {} }], ['touch', 'x', { cookie: {} }]]
      : [['get', 'x'], ['all'], ['touch', 'x', { cookie: {} }]]
    for (const call of failing) {
      const calls = await answers(store, ...call)
      assert.equal(calls.length, 1, call[0])
      assert.equal(calls[0][0].message, 'serializer')
    }
    assert.deepEqual(await ask(store, 'ids'), ['x'])
    broken = false
    assert.deepEqual(await ask(store, 'get', 'x'), { cookie: {}, n: 1 })
  })
}

test('A stringify that returns no string is a TypeError for the callback', async () => {
  for (const value of [undefined, null, 5, {}, Buffer.from('x')]) {
    const store = new MemoryStore({ serializer: { stringify: () => value, parse: JSON.parse } })
    const calls = await answers(store, 'set', 'x', { cookie: {} })
    assert.equal(calls.length, 1)
    assert.ok(calls[0][0] instanceof TypeError)
    assert.match(calls[0][0].message, /serializer/)
    assert.deepEqual(await ask(store, 'ids'), [])
  }
})

test('Data that JSON cannot write is one error for the callback and leaves the old session', async () => {
  const cycle = { cookie: {} }
  cycle.self = cycle
  const values = [cycle, { cookie: {}, big: 1n }, { cookie: {}, get bad () { throw new Error('getter') } }, { cookie: {}, toJSON () { throw new Error('toJSON') } }, undefined]
  const store = new MemoryStore()
  await ask(store, 'set', 'x', { cookie: {}, n: 1 })
  for (const value of values) {
    const calls = await answers(store, 'set', 'x', value)
    assert.equal(calls.length, 1)
    assert.ok(calls[0][0] instanceof Error)
    assert.throws(() => store.set('x', value), Error, 'without a callback it is thrown')
  }
  assert.equal((await ask(store, 'get', 'x')).n, 1)
})
