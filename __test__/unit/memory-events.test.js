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

test('expired, evicted and destroyed come once each, after the fact, with id and session', async t => {
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

test('not while the call that removed is running', async () => {
  const store = new MemoryStore()
  const told = listen(store)
  await ask(store, 'set', 'a', data(1))
  store.destroy('a')
  assert.deepEqual(told, [])
  await until(() => told.length === 1)
  store.close()
})

test('clear destroys, regenerate destroys, replacing removes nothing', async () => {
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

test('thousands of events are told once each, in batches between which the event loop goes on', async t => {
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

test('one prune is enough for thousands of events: what is left comes in the turns that follow', async t => {
  const clock = fakeClock(t)
  const store = new MemoryStore()
  let told = 0
  store.on('expired', () => told++)
  for (let i = 0; i < 3000; i++) store.set('id' + i, data(i))
  clock.advance(HOUR)
  store.prune()
  assert.ok(told < 3000)
  await turns(30)
  assert.equal(told, 3000)
  store.close()
})

test('without listeners nothing is recorded; who listens hears only of what happens then', async () => {
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

test('once() hears one event, and a listener for one kind hears no other', async () => {
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

test('a listener of a store whose constructor never ran hears too', async () => {
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

test('a listener that throws breaks neither the store nor the other events', async t => {
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

test('an event whose session has no JSON comes without it', async () => {
  const store = new MemoryStore()
  const told = listen(store)
  store.sessions.bad = 'not JSON'
  await ask(store, 'destroy', 'bad')
  store.prune()
  store.close()
  assert.deepEqual(told, [['destroyed', 'bad', undefined, undefined]])
})

test('close() tells what is left to tell', async () => {
  const store = new MemoryStore()
  const told = listen(store)
  await ask(store, 'set', 'a', data(1))
  store.destroy('a')
  store.close()
  assert.deepEqual(told.map(([event, sid]) => [event, sid]), [['destroyed', 'a']])
})

for (const serializer of [JSON, { stringify: value => JSON.stringify(value), parse: text => JSON.parse(text) }]) {
  test(`a touch disposes of nothing (${serializer === JSON ? 'JSON' : 'a serializer of the app'})`, async () => {
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

test('dispose and events together: each once', async t => {
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

test('of several that throw, the callback gets the first', async () => {
  const store = new MemoryStore({ dispose (sid) { throw new Error(sid) } })
  for (const sid of ['a', 'b', 'c']) await ask(store, 'set', sid, data(1))
  const calls = await answers(store, 'destroy', ['b', 'a', 'c'])
  assert.deepEqual(calls.map(([err]) => err.message), ['b'])
  store.close()
})

test('a dispose that throws reaches the callback once, the removal is done, the store goes on', async () => {
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
