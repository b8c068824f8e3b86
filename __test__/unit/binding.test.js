'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { needsBinary } = require('../helpers/binary')
const { collectGarbage } = require('../helpers/garbage')
const { native } = require('../helpers/internals')

if (needsBinary.skip) return test('the binding', needsBinary)

const NOW = 1_763_754_720_000
const { NumberAt } = native
const numbers = () => {
  const array = native.createNumbers()
  array[NumberAt.Now] = NOW
  array[NumberAt.Deadline] = NOW + 1000
  return array
}
const memory = () => native.createMemory(numbers(), Infinity, Infinity)
const keyring = () => native.createKeyring(numbers(), 'sid', [Buffer.from('secret')])

const FUNCTIONS = {
  ...native.bindMemory(memory()),
  ...native.bindKeyring(keyring()),
  load: native.bindLoad(memory(), keyring())
}

const { touchSeen, ...TAKING_TEXT } = FUNCTIONS

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

test('`touchSeen` and `commitSeen` do nothing with a wrong hint, or without a template', () => {
  assert.equal(touchSeen(), native.TouchOutcome.NotThere)
  const array = numbers()
  const handle = native.createMemory(array, Infinity, Infinity)
  const seen = native.bindMemory(handle)
  array[NumberAt.Template] = native.memoryIntern(handle, '{}')
  for (const hint of [-1, 0, 255 * 2 ** 32, 2 ** 40, Infinity, NaN]) {
    for (const revision of [-1, 0, 2 ** 32, NaN]) {
      array[NumberAt.Revision] = revision
      array[NumberAt.Hint] = hint
      assert.equal(seen.touchSeen(), native.TouchOutcome.NotThere)
      assert.equal(seen.commitSeen('{}'), native.WriteOutcome.NotThere)
    }
  }
})

test('An array of numbers that is too short is an error', () => {
  const message = 'the array of numbers is too short'
  const short = new Float64Array(numbers().length - 1)
  assert.throws(() => native.createMemory(short, Infinity, Infinity), { message })
  assert.throws(() => native.createKeyring(short, 'sid', [Buffer.from('secret')]), { message })
})

test('the array of numbers has a place for each name and says that there is nothing', () => {
  const names = Object.keys(NumberAt)
  assert.deepEqual(names.map(name => NumberAt[name]), names.map((_, at) => at))
  const { Expires, Template, Revision, Hint } = NumberAt
  const expected = new Float64Array(names.length)
  expected[Expires] = NaN
  for (const at of [Template, Revision, Hint]) expected[at] = -1
  assert.deepEqual(native.createNumbers(), expected)
  assert.notEqual(native.createNumbers().buffer, native.createNumbers().buffer)
})

test('one array serves a store and a keyring', () => {
  const array = numbers()
  const handle = native.createMemory(array, Infinity, Infinity)
  const keys = native.createKeyring(array, 'sid', [Buffer.from('secret')])
  const store = native.bindMemory(handle)
  array[NumberAt.Template] = native.memoryIntern(handle, '{}')
  assert.equal(store.commit('one', '{"views":1}'), native.WriteOutcome.Created)
  const revision = array[NumberAt.Revision]
  const header = `sid=${native.bindKeyring(keys).seal('one')}`

  assert.equal(native.bindLoad(handle, keys)(header), '{"views":1}')
  const { IdAt, IdLength, SealedLength } = NumberAt
  assert.equal(header.slice(array[IdAt], array[IdAt] + array[IdLength]), 'one')
  assert.equal(array[SealedLength], header.length - 'sid='.length)
  assert.equal(array[NumberAt.Revision], revision)
  assert.equal(store.touchSeen(), native.TouchOutcome.Renewed)
})

test('`commit` without a template is an error', () => {
  assert.throws(() => native.bindMemory(memory()).commit('sid', '{}'), { message: 'a cookie template is expected' })
  assert.throws(() => native.bindMemory(memory()).commitSeen('{}'), { message: 'a cookie template is expected' })
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
  // A store without sessions takes about 10 KB: 120 MB in three rounds. V8 itself takes 20 MB now and then.
  assert.ok(resident[5] - resident[2] < 60 * 2 ** 20, String(resident))
})

async function collected () {
  for (let i = 0; i < 5; i++) {
    collectGarbage()
    await new Promise(setImmediate)
  }
}
