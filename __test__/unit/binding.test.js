'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { collectGarbage } = require('../helpers/garbage')
const { native } = require('../helpers/internals')

const NOW = 1_763_754_720_000
const numbers = () => new Float64Array([NOW, NOW + 1000, NaN, -1, -1, 0, -1])
const memory = () => native.createMemory(numbers(), Infinity, Infinity)
const keyring = () => native.createKeyring(new Float64Array(3), 'sid', [Buffer.from('secret')])

const FUNCTIONS = {
  ...native.bindMemory(memory()),
  ...native.bindKeyring(keyring()),
  load: native.bindLoad(memory(), keyring())
}

const { renew, ...TAKING_TEXT } = FUNCTIONS

for (const [name, call] of Object.entries(TAKING_TEXT)) {
  test(`${name} throws when it gets no string`, () => {
    for (const given of [[], [undefined], [null], [1], [{}], [Symbol('s')], [1n], [Buffer.from('x')]]) {
      assert.throws(() => call(...given), { message: 'a string is expected' })
    }
  })
}

test('A handle of another kind, or none, is an error', () => {
  for (const wrong of [undefined, null, {}, 'x', keyring()]) assert.throws(() => native.bindMemory(wrong), Error)
  for (const wrong of [undefined, null, {}, 'x', memory()]) assert.throws(() => native.bindKeyring(wrong), Error)
  assert.throws(() => native.bindLoad(keyring(), memory()), Error)
})

test('`renew` and `rewrite` do nothing for an unknown session or without a template', () => {
  assert.equal(renew(), false)
  const array = numbers()
  const handle = native.createMemory(array, Infinity, Infinity)
  const seen = native.bindMemory(handle)
  array[3] = native.memoryIntern(handle, '{}')
  for (const place of [-1, 0, 255 * 2 ** 32, 2 ** 40, Infinity, NaN]) {
    for (const life of [-1, 0, 2 ** 32, NaN]) {
      array.set([life, 0, place], 4)
      assert.equal(seen.renew(), false)
      assert.equal(seen.rewrite('{}'), 4)
    }
  }
})

test('An array of numbers that is too short is an error', () => {
  const message = 'the array of numbers is too short'
  assert.throws(() => native.createMemory(new Float64Array(6), Infinity, Infinity), { message })
  assert.throws(() => native.createKeyring(new Float64Array(2), 'sid', [Buffer.from('secret')]), { message })
})

test('`commit` without a template is an error', () => {
  assert.throws(() => native.bindMemory(memory()).commit('sid', '{}'), { message: 'a cookie template is expected' })
  assert.throws(() => native.bindMemory(memory()).rewrite('{}'), { message: 'a cookie template is expected' })
})

test('Bound functions keep what they work on', async () => {
  const [calls, load, seal] = (() => {
    const [handle, keys] = [memory(), keyring()]
    return [native.bindMemory(handle), native.bindLoad(handle, keys), native.bindKeyring(keys).seal]
  })()
  const text = JSON.stringify({ cookie: {}, views: 1 })
  calls.set('one', text)

  await collected()
  assert.equal(calls.get('one'), text)
  assert.deepEqual(JSON.parse(load(`sid=${seal('one')}`)), { views: 1 })
})

test('`load` returns the id itself when it cannot be sliced out of the header', () => {
  const [handle, keys] = [memory(), keyring()]
  const { set } = native.bindMemory(handle)
  const { seal } = native.bindKeyring(keys)
  const load = native.bindLoad(handle, keys)
  for (const sid of ['a b', 'é', '"']) {
    set(sid, JSON.stringify({ cookie: {}, views: 1 }))
    assert.deepEqual(JSON.parse(load(`sid=${seal(sid)}`)), [sid, { views: 1 }])
  }
  set('one', JSON.stringify({ cookie: {}, views: 1 }))
  assert.deepEqual(JSON.parse(load(`sid=${seal('one')}`)), { views: 1 })
  assert.deepEqual(JSON.parse(load(`other=é; sid=${seal('one')}`)), ['one', { views: 1 }])
})

test('Bound functions are freed, with what only they hold', async () => {
  const resident = []
  for (let round = 0; round < 6; round++) {
    for (let i = 0; i < 4000; i++) native.bindMemory(memory())
    await collected()
    resident.push(process.memoryUsage().rss)
  }
  // A store without sessions takes about 10 KB: 40 MB a round.
  assert.ok(resident[5] - resident[2] < 20 * 2 ** 20, String(resident))
})

async function collected () {
  for (let i = 0; i < 5; i++) {
    collectGarbage()
    await new Promise(setImmediate)
  }
}
