'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { needsBinary } = require('../helpers/binary')
const { answers, ask, toArray, turns } = require('../helpers/calls')
const { fakeClock, MINUTE, HOUR } = require('../helpers/clock')
const { session } = require('../helpers/subject')

const { Cookie, MemoryStore } = session

const data = n => ({ cookie: new Cookie({ maxAge: MINUTE }), n })

async function filled (count, options) {
  const store = new MemoryStore(options)
  for (let n = 0; n < count; n++) store.set('id' + n, data(n))
  return store
}

const IDS = count => Array.from({ length: count }, (_, n) => 'id' + n).sort()

for (const count of [0, 1, 3, 2500]) {
  test(`length, all, ids, keys(), the async iterator and sessions agree on ${count} sessions`, async () => {
    const store = await filled(count)
    assert.equal(await ask(store, 'length'), count)

    const all = await ask(store, 'all')
    assert.deepEqual(Object.keys(all).sort(), IDS(count))
    assert.ok(Object.entries(all).every(([sid, { n, cookie }]) => sid === 'id' + n && cookie.originalMaxAge === MINUTE))

    const ids = await ask(store, 'ids')
    assert.ok(Array.isArray(ids))
    assert.deepEqual(ids.sort(), IDS(count))

    assert.deepEqual((await toArray(store.keys())).sort(), IDS(count))
    const pairs = await toArray(store)
    assert.deepEqual(pairs.map(([sid]) => sid).sort(), IDS(count))
    assert.ok(pairs.every(([sid, { n }]) => sid === 'id' + n))
    assert.deepEqual(Object.keys(store.sessions).sort(), IDS(count))
  })
}

test('The async iterators let the event loop run and may be left early', async () => {
  const store = await filled(5000)
  let turnsTaken = 0
  let going = true
  const count = () => { turnsTaken++; if (going) setImmediate(count) }
  setImmediate(count)
  await toArray(store)
  going = false
  assert.ok(turnsTaken >= 5, String(turnsTaken))

  /* eslint-disable no-unreachable-loop -- leaving early is what is tested */
  for await (const sid of store.keys()) {
    assert.match(sid, /^id/)
    break
  }
  for await (const [sid] of store) {
    store.destroy(sid)
    break
  }
  /* eslint-enable no-unreachable-loop */
  assert.equal(store.stats().sessions, 4999)
})

test('Iterating sees each session that stays once while others come and go', async () => {
  const store = await filled(2000)
  const seen = []
  for await (const [sid] of store) {
    if (seen.length % 100 === 0) {
      store.set('new' + seen.length, data(1))
      store.destroy('id' + (seen.length + 1000))
    }
    seen.push(sid)
  }
  assert.equal(new Set(seen).size, seen.length)
  for (let n = 0; n < 1000; n++) assert.ok(seen.includes('id' + n), 'id' + n)
})

test('clear removes all sessions and the store goes on', async () => {
  const store = await filled(100)
  await ask(store, 'clear')
  assert.equal(await ask(store, 'length'), 0)
  assert.equal(await ask(store, 'get', 'id1'), undefined)
  assert.deepEqual(await ask(store, 'ids'), [])
  await ask(store, 'set', 'id1', data(5))
  assert.equal((await ask(store, 'get', 'id1')).n, 5)
})

test('destroy takes one id or an array, and a missing id is no error', async () => {
  const store = await filled(5)
  await ask(store, 'destroy', 'id0')
  await ask(store, 'destroy', 'id0')
  await ask(store, 'destroy', ['id1', 'id3', 'no such'])
  await ask(store, 'destroy', [])
  assert.deepEqual((await ask(store, 'ids')).sort(), ['id2', 'id4'])
  assert.equal(store.stats().destroyed, 3)
})

test('Callbacks are optional and called once', async () => {
  const store = await filled(1)
  store.set('x', data(1))
  store.touch('x', data(1))
  store.get('x')
  store.length()
  store.all()
  store.ids()
  store.destroy('x')
  store.clear()
  await turns()
  for (const [method, ...args] of [
    ['set', 'x', data(1)], ['get', 'x'], ['touch', 'x', data(1)], ['length'], ['all'], ['ids'], ['destroy', 'x'], ['clear']
  ]) {
    assert.equal((await answers(store, method, ...args)).length, 1, method)
  }
})

test('The sessions view can be read, written, deleted from, assigned to and replaced', async t => {
  const clock = fakeClock(t)
  const store = await filled(2)
  const text = JSON.stringify(data(0))
  assert.equal(store.sessions.id0, text)
  assert.equal(store.sessions.nothing, undefined)
  assert.equal(store.sessions[Symbol.iterator], undefined)
  assert.ok('id0' in store.sessions)
  assert.ok(!('toString' in store.sessions))
  assert.equal(Object.getPrototypeOf(store.sessions), null)
  assert.deepEqual(Object.entries(store.sessions).sort(), [['id0', text], ['id1', JSON.stringify(data(1))]])
  assert.equal(JSON.parse(JSON.stringify(store.sessions)).id0, text)

  assert.ok(delete store.sessions.id0)
  assert.equal(await ask(store, 'get', 'id0'), undefined)

  store.sessions.w = JSON.stringify(data(7))
  assert.equal((await ask(store, 'get', 'w')).n, 7)
  Object.assign(store.sessions, { v: JSON.stringify(data(8)) })
  Object.defineProperty(store.sessions, 'd', { value: JSON.stringify(data(9)), writable: true, enumerable: true, configurable: true })
  assert.deepEqual(Object.keys(store.sessions).sort(), ['d', 'id1', 'v', 'w'])

  clock.advance(MINUTE)
  assert.deepEqual(Object.keys(store.sessions), [], 'what was written there expires with its cookie')

  store.sessions = { a: JSON.stringify(data(1)), b: JSON.stringify({ cookie: {}, n: 2 }) }
  assert.deepEqual(Object.keys(await ask(store, 'all')).sort(), ['a', 'b'])
  store.sessions = Object.create(null)
  assert.equal(await ask(store, 'length'), 0)
})

test('A text in the sessions view that is no JSON is an error for one callback', async () => {
  const store = await filled(1)
  store.sessions.bad = 'not JSON'
  assert.equal(store.sessions.bad, 'not JSON')
  const calls = await answers(store, 'get', 'bad')
  assert.equal(calls.length, 1)
  assert.ok(calls[0][0] instanceof SyntaxError)
  const [all] = await answers(store, 'all')
  assert.ok(all[0] instanceof SyntaxError)
  await assert.rejects(toArray(store), SyntaxError)
  assert.equal((await ask(store, 'ids')).length, 2)
  await ask(store, 'destroy', 'bad')
  assert.equal(Object.keys(await ask(store, 'all')).length, 1)
})

test('Ids of any text up to 10,000 characters are told apart', async () => {
  const store = new MemoryStore()
  const ids = [
    '', ' ', 'a', 'A', '__proto__', 'constructor', 'toString', 'x'.repeat(31), 'x'.repeat(32), 'x'.repeat(33), 'x'.repeat(10000),
    'ä', '€', '💥', '\ud800', '\udc00', '\ufffd', '\0', 'a\0b', 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB',
    '_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-', '_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_=', '1e3', '0', '00'
  ]
  for (const [n, sid] of ids.entries()) await ask(store, 'set', sid, { cookie: {}, n })
  for (const [n, sid] of ids.entries()) assert.equal((await ask(store, 'get', sid)).n, n, JSON.stringify(sid).slice(0, 40))
  assert.deepEqual((await ask(store, 'ids')).sort(), [...ids].sort())
  assert.deepEqual(Object.keys(await ask(store, 'all')).sort(), [...ids].sort())
  assert.deepEqual(Object.keys(store.sessions).sort(), [...ids].sort())
  await ask(store, 'destroy', ids)
  assert.equal(await ask(store, 'length'), 0)
})

test('Ids that are no strings are converted as property names are', async () => {
  const store = new MemoryStore()
  for (const sid of [7, undefined, null, true]) {
    await ask(store, 'set', sid, { cookie: {}, sid: String(sid) })
    assert.equal((await ask(store, 'get', sid)).sid, String(sid))
    assert.equal((await ask(store, 'get', String(sid))).sid, String(sid))
  }
})

test('Any data that JSON can write comes back as JSON.parse gives it', async () => {
  const store = new MemoryStore()
  const cookies = [
    new Cookie(), new Cookie({ maxAge: HOUR }), new Cookie({ maxAge: 1234, domain: 'a.b', path: '/p', sameSite: true, secure: true }),
    {}, null, 'text', { expires: null, originalMaxAge: null }, { originalMaxAge: HOUR, expires: '2031-01-01T00:00:00.000Z', x: 1 },
    { path: '"expires":null' }, { expires: 1e300 }, { expires: 'never' }
  ]
  const parts = [
    {}, { a: undefined }, { a: null, b: [1, [2, {}]], c: { cookie: { expires: 1 } } }, { '"': '\\"}', '': '' }, { u: '\u2028\ud800\0💥é' },
    { n: [1e21, -0, 1.5, Number.MAX_SAFE_INTEGER] }, { toString: 1, __proto__: null, constructor: 2 }, { deep: JSON.parse('['.repeat(500) + ']'.repeat(500)) }
  ]
  for (const cookie of cookies) {
    for (const part of parts) {
      for (const value of [{ cookie, ...part }, { ...part, cookie }]) {
        await ask(store, 'set', 'x', value)
        const text = JSON.stringify(value)
        assert.equal(store.sessions.x ?? text, text)
        const got = await ask(store, 'get', 'x')
        if (got !== undefined) assert.deepEqual(got, JSON.parse(text))
      }
    }
  }
})

test('stats() has the fields that the README names', needsBinary, async t => {
  const clock = fakeClock(t)
  const store = new MemoryStore({ max: 3, maxBytes: 1e6 })
  const empty = store.stats()
  assert.deepEqual(empty, {
    sessions: 0,
    bytes: empty.bytes,
    tombstones: 0,
    limits: { max: 3, maxBytes: 1e6 },
    hits: 0,
    misses: 0,
    sets: 0,
    touches: 0,
    destroyed: 0,
    expired: 0,
    evicted: { max: 0, maxBytes: 0 },
    lost: 0
  })
  for (let n = 0; n < 4; n++) await ask(store, 'set', 'id' + n, data(n))
  await ask(store, 'get', 'id3')
  await ask(store, 'get', 'id0')
  await ask(store, 'touch', 'id3', data(3))
  await ask(store, 'touch', 'no such', data(3))
  await ask(store, 'destroy', 'id2')
  clock.advance(25 * HOUR) // a destroyed id is remembered for a day
  store.prune()
  const { bytes, ...counted } = store.stats()
  assert.deepEqual(counted, {
    sessions: 0,
    tombstones: 0,
    limits: { max: 3, maxBytes: 1e6 },
    hits: 1,
    misses: 1,
    sets: 4,
    touches: 1,
    destroyed: 1,
    expired: 2,
    evicted: { max: 1, maxBytes: 0 },
    lost: 0
  })
  assert.equal(bytes, empty.bytes)
})

test('stats().bytes grows with each session and shrinks again', async () => {
  const store = new MemoryStore()
  const { bytes: empty } = store.stats()
  store.set('a', { cookie: {}, pad: 'x'.repeat(10000) })
  const { bytes: one } = store.stats()
  assert.ok(one >= empty + 10000 && one < empty + 12000, `${empty} → ${one}`)
  store.set('a', { cookie: {} })
  assert.ok(store.stats().bytes < empty + 1000)
  await ask(store, 'clear')
  assert.equal(store.stats().sessions, 0)
})

test('The default max is Infinity, the default maxBytes a quarter of the memory', needsBinary, () => {
  const { limits } = new MemoryStore().stats()
  assert.equal(limits.max, Infinity)
  const memory = Math.min(require('node:os').totalmem(), process.constrainedMemory?.() || Infinity)
  assert.equal(limits.maxBytes, Math.floor(memory / 4))
})

test('close() frees the memory and may be called twice', async () => {
  const store = await filled(100, { checkPeriod: 1000 })
  store.close()
  store.close()
  assert.equal(store.stats().sessions, 0)
  assert.equal(await ask(store, 'get', 'id1'), undefined)
})

test('util.inspect of a store shows no session', async () => {
  const store = await filled(3)
  const shown = require('node:util').inspect(store, { depth: 5, showHidden: true })
  assert.doesNotMatch(shown, /id0|"n":/)
})
