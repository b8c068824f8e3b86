'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { ask } = require('../helpers/calls')
const { fakeClock, fakeIntervals, MINUTE } = require('../helpers/clock')
const { session } = require('../helpers/subject')

const { MemoryStore } = session

test('undefined and null mean the default, as do 0 and Infinity for bounds and false for checkPeriod', () => {
  const names = ['max', 'maxBytes', 'ttl', 'checkPeriod', 'dispose', 'stale', 'noDisposeOnSet', 'protect', 'serializer', 'shared']
  for (const nothing of [undefined, null]) {
    assert.doesNotThrow(() => new MemoryStore(nothing))
    const store = new MemoryStore(Object.fromEntries(names.map(name => [name, nothing])))
    assert.deepEqual(store.stats().limits, new MemoryStore().stats().limits)
  }
  for (const none of [0, Infinity]) {
    assert.deepEqual(new MemoryStore({ max: none, maxBytes: none }).stats().limits, { max: Infinity, maxBytes: Infinity })
  }
  for (const checkPeriod of [0, false, Infinity, 1e12]) new MemoryStore({ checkPeriod }).close()
})

test('Unknown options are ignored and the object is not changed', () => {
  const options = Object.freeze({ max: 5, unknown: 1 })
  assert.deepEqual(new MemoryStore(options).stats().limits.max, 5)
})

test('prune runs at each checkPeriod between startInterval and stopInterval', t => {
  const intervals = fakeIntervals(t)
  const store = new MemoryStore({ checkPeriod: 1000.7 })
  let pruned = 0
  store.prune = () => { pruned++ }
  intervals.advance(3500)
  assert.equal(pruned, 3)
  store.startInterval()
  store.startInterval()
  intervals.advance(1000)
  assert.equal(pruned, 4, 'started twice, it runs once')
  store.stopInterval()
  store.stopInterval()
  intervals.advance(5000)
  assert.equal(pruned, 4)
  store.startInterval()
  intervals.advance(1000)
  assert.equal(pruned, 5)
  store.close()
  intervals.advance(5000)
  assert.equal(pruned, 5)
})

test('startInterval does nothing without checkPeriod', t => {
  const intervals = fakeIntervals(t)
  const store = new MemoryStore()
  let pruned = 0
  store.prune = () => { pruned++ }
  store.startInterval()
  intervals.advance(1e9)
  assert.equal(intervals.running.size, 0)
  assert.equal(pruned, 0)
  store.stopInterval()
})

for (const method of ['startInterval', 'stopInterval', 'prune', 'stats', 'keys', 'clear', 'length', 'all', 'ids', 'close']) {
  test(`${method}() may be the first call on a store whose constructor never ran`, async () => {
    function Custom () {}
    require('node:util').inherits(Custom, MemoryStore)
    const store = new Custom()
    store[method](() => {})
    if (method === 'close') return
    await ask(store, 'set', 'a', { cookie: {}, n: 1 })
    assert.equal((await ask(store, 'get', 'a')).n, 1)
  })
}

test('stale is accepted, and an expired session is not returned', async t => {
  const clock = fakeClock(t)
  for (const stale of [true, false]) {
    const store = new MemoryStore({ stale })
    await ask(store, 'set', 'x', { cookie: { maxAge: MINUTE } })
    clock.advance(MINUTE)
    assert.equal(await ask(store, 'get', 'x'), undefined)
  }
})
