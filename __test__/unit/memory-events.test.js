'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { answers, ask, turns, until } = require('../helpers/calls')
const { fakeClock, MINUTE, HOUR, SECOND } = require('../helpers/clock')
const { session } = require('../helpers/subject')

const { Cookie, MemoryStore } = session

const EVENTS = ['expired', 'evicted', 'destroyed']
const data = n => ({ cookie: new Cookie({ maxAge: MINUTE }), n })

/** Keeps what a store tells, with what the store has at that moment. */
function listen (store, events = EVENTS) {
  const told = []
  for (const event of events) {
    store.on(event, (sid, session) => told.push([event, sid, session?.n, store.sessions[sid]]))
  }
  return told
}

test('Each removal fires one event afterwards, with id and session', async t => {
  const clock = fakeClock(t)
  const store = new MemoryStore({ max: 3 })
  const told = listen(store)
  for (const [n, sid] of ['a', 'b', 'c', 'd'].entries()) await ask(store, 'set', sid, data(n))
  await ask(store, 'destroy', 'b')
  await ask(store, 'destroy', 'b')
  clock.advance(HOUR)
  store.prune()
  await until(() => told.length >= 4)
  store.prune()
  store.close()
  assert.deepEqual(told.sort(), [
    ['destroyed', 'b', 1, undefined],
    ['evicted', 'a', 0, undefined],
    ['expired', 'c', 2, undefined],
    ['expired', 'd', 3, undefined]
  ])
})

test('Events fire after the call that removed the session', async () => {
  const store = new MemoryStore()
  const told = listen(store)
  await ask(store, 'set', 'a', data(1))
  store.destroy('a')
  assert.deepEqual(told, [])
  await until(() => told.length === 1)
  store.close()
})

test('clear and regenerate fire destroyed, replacing a session fires nothing', async () => {
  const store = new MemoryStore()
  const told = listen(store)
  for (const sid of ['a', 'b']) await ask(store, 'set', sid, data(1))
  await ask(store, 'set', 'a', data(2))
  await ask(store, 'touch', 'a', data(2))
  await ask(store, 'clear')
  await until(() => { store.prune(); return told.length >= 2 })
  store.close()
  assert.deepEqual(told.map(([event, sid, n]) => [event, sid, n]).sort(), [['destroyed', 'a', 2], ['destroyed', 'b', 1]])
  assert.equal(store.stats().destroyed, 2)
})

test('Thousands of events fire once each, in batches between which the event loop runs', async t => {
  const clock = fakeClock(t)
  const store = new MemoryStore()
  const seen = new Set()
  let batch = 0
  let largest = 0
  let turn = 0
  let last = -1
  store.on('expired', sid => {
    assert.ok(!seen.has(sid), sid)
    seen.add(sid)
    batch = last === turn ? batch + 1 : 1
    last = turn
    largest = Math.max(largest, batch)
  })
  for (let i = 0; i < 3000; i++) store.set('id' + i, data(i))
  clock.advance(HOUR)
  const tick = () => { turn++; if (seen.size < 3000) setImmediate(tick) }
  tick()
  await until(() => { store.prune(); return seen.size === 3000 })
  assert.ok(largest < 3000, `${largest} in one turn`)
  store.close()
})

test('One prune fires thousands of events over the following turns', async t => {
  const clock = fakeClock(t)
  const store = new MemoryStore()
  let told = 0
  store.on('expired', () => told++)
  for (let i = 0; i < 3000; i++) store.set('id' + i, data(i))
  clock.advance(HOUR)
  store.prune()
  assert.ok(told < 3000)
  await until(() => told >= 3000)
  await turns()
  assert.equal(told, 3000)
  store.close()
})

test('A listener gets only the events after it was added', async () => {
  const store = new MemoryStore()
  await ask(store, 'set', 'a', data(1))
  await ask(store, 'set', 'b', data(2))
  await ask(store, 'destroy', 'a')
  const told = listen(store, ['destroyed'])
  await ask(store, 'destroy', 'b')
  store.prune()
  assert.deepEqual(told.map(([, sid]) => sid), ['b'])

  store.removeAllListeners('destroyed')
  await ask(store, 'set', 'c', data(1))
  await ask(store, 'destroy', 'c')
  store.prune()
  const again = listen(store, ['destroyed'])
  store.prune()
  assert.deepEqual(again, [])
  store.close()
})

test('once() gets one event, and a listener gets only its own kind', async () => {
  const store = new MemoryStore({ max: 1 })
  const heard = []
  store.once('destroyed', sid => heard.push(sid))
  for (const sid of ['a', 'b', 'c']) {
    await ask(store, 'set', sid, data(1))
    await ask(store, 'destroy', sid)
  }
  store.prune()
  assert.deepEqual(heard, ['a'])
  store.close()
})

test('A listener works on a store whose constructor never ran', async () => {
  function Custom () {}
  require('node:util').inherits(Custom, MemoryStore)
  const store = new Custom()
  const told = listen(store, ['destroyed'])
  await ask(store, 'set', 'a', data(1))
  await ask(store, 'destroy', 'a')
  store.prune()
  assert.deepEqual(told.map(([, sid]) => sid), ['a'])
  store.close()
})

test('A listener that throws breaks neither the store nor the other events', async t => {
  const store = new MemoryStore()
  const warnings = []
  const warn = t.mock.method(process, 'emitWarning', err => warnings.push(err))
  const heard = []
  store.on('destroyed', sid => {
    heard.push(sid)
    if (sid === 'a') throw new Error('listener')
  })
  for (const sid of ['a', 'b']) await ask(store, 'set', sid, data(1))
  await ask(store, 'destroy', ['a', 'b'])
  store.prune()
  store.close()
  warn.mock.restore()
  assert.deepEqual(heard, ['a', 'b'])
  assert.equal(warnings[0].message, 'listener')
})

test('An event whose session is not JSON has no session', async () => {
  const store = new MemoryStore()
  const told = listen(store)
  store.sessions.bad = 'not JSON'
  await ask(store, 'destroy', 'bad')
  store.prune()
  store.close()
  assert.deepEqual(told, [['destroyed', 'bad', undefined, undefined]])
})

test('close() fires the events that are left', async () => {
  const store = new MemoryStore()
  const told = listen(store)
  await ask(store, 'set', 'a', data(1))
  store.destroy('a')
  store.close()
  assert.deepEqual(told.map(([event, sid]) => [event, sid]), [['destroyed', 'a']])
})

for (const serializer of [JSON, { stringify: value => JSON.stringify(value), parse: text => JSON.parse(text) }]) {
  test(`A touch disposes of nothing (${serializer === JSON ? 'JSON' : 'a serializer of the app'})`, async () => {
    const disposed = []
    const store = new MemoryStore({ serializer, dispose: (sid, text) => disposed.push(JSON.parse(text).n) })
    await ask(store, 'set', 'a', data(1))
    await ask(store, 'touch', 'a', data(2))
    store.prune()
    assert.deepEqual(disposed, [])
    await ask(store, 'set', 'a', data(3))
    assert.deepEqual(disposed, [1])
    store.close()
    assert.deepEqual(disposed, [1])
  })
}

test('dispose and events both fire once', async t => {
  const clock = fakeClock(t)
  const disposed = []
  const store = new MemoryStore({ max: 2, dispose: sid => disposed.push(sid) })
  const told = listen(store)
  for (const sid of ['a', 'b', 'c']) await ask(store, 'set', sid, data(1))
  await ask(store, 'destroy', 'b')
  clock.advance(HOUR + SECOND)
  store.prune()
  await until(() => told.length === 3)
  store.close()
  assert.deepEqual(disposed, ['a', 'b', 'c'])
  assert.deepEqual(told.map(([event, sid]) => [event, sid]), [['evicted', 'a'], ['destroyed', 'b'], ['expired', 'c']])
})

test('The callback gets the first error when several dispose calls throw', async () => {
  const store = new MemoryStore({ dispose (sid) { throw new Error(sid) } })
  for (const sid of ['a', 'b', 'c']) await ask(store, 'set', sid, data(1))
  const calls = await answers(store, 'destroy', ['b', 'a', 'c'])
  assert.deepEqual(calls.map(([err]) => err.message), ['b'])
  store.close()
})

test('An error of dispose reaches the callback once, after the removal', async () => {
  let armed = false
  const disposed = []
  const store = new MemoryStore({
    max: 2,
    dispose (sid) {
      disposed.push(sid)
      if (armed) throw new Error('dispose')
    }
  })
  for (const sid of ['a', 'b']) await ask(store, 'set', sid, data(1))
  armed = true
  for (const call of [['set', 'c', data(2)], ['set', 'c', data(3)], ['destroy', 'b'], ['destroy', ['c']]]) {
    const calls = await answers(store, ...call)
    assert.equal(calls.length, 1, call[0])
    assert.equal(calls[0][0].message, 'dispose')
  }
  assert.deepEqual(disposed, ['a', 'c', 'b', 'c'])
  assert.deepEqual(await ask(store, 'ids'), [])
  armed = false
  await ask(store, 'set', 'd', data(4))
  assert.equal((await ask(store, 'get', 'd')).n, 4)
  store.close()
})
