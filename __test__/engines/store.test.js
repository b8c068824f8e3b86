'use strict'

// What the Store methods promise on any engine: index.d.ts, by public methods.

const assert = require('node:assert/strict')
const { inspect } = require('node:util')
const { sessionsView } = require('../../lib/stores/memory/sessions-view')
const { engineOf } = require('../../lib/stores/store-engine')
const Cookie = require('../../lib/cookie/cookie')
const Session = require('../../lib/session/session')
const { answers, ask, toArray, turns, until } = require('../helpers/calls')
const { fakeClock, fakeIntervals, HOUR, MINUTE, SECOND } = require('../helpers/clock')
const { conform, engines } = require('.')
const { ask: askEngine, writeOf } = require('./ask')

const data = (n, maxAge = MINUTE) => ({ cookie: new Cookie({ maxAge }), n })
const asStored = session => JSON.parse(JSON.stringify(session))
const ids = async store => (await ask(store, 'ids')).sort()

/** What `all` gives, by id. A store may give an array of sessions that have their ids, as express-session's README says. */
async function all (store) {
  const sessions = await ask(store, 'all')
  if (Array.isArray(sessions)) return Object.assign(Object.create(null), Object.fromEntries(sessions.map(session => [session.id, session])))
  return sessions
}

async function filled (subject, t, count, options) {
  const store = subject.store(t, options)
  for (let n = 0; n < count; n++) await ask(store, 'set', 'a' + n, data(n))
  return store
}

/* get, set, touch, destroy */

conform('get gives what set has stored, as data', async (subject, t) => {
  const store = subject.store(t)
  assert.equal(await ask(store, 'get', 'a'), undefined)
  const session = data(1)
  assert.equal(await ask(store, 'set', 'a', session), undefined)
  const got = await ask(store, 'get', 'a')
  assert.deepEqual(got, asStored(session))
  assert.notEqual(await ask(store, 'get', 'a'), got, 'a copy each time')
})

conform('a session is stored as it is when set is called', async (subject, t) => {
  const store = subject.store(t)
  const session = data(1)
  const done = ask(store, 'set', 'a', session)
  session.n = 2
  await done
  assert.equal((await ask(store, 'get', 'a')).n, 1)
})

conform('every callback comes on a later tick, once, with nothing but its result', async (subject, t) => {
  const store = await filled(subject, t, 2)
  const expected = {
    get: [['a0'], 2],
    set: [['a0', data(1)], 0],
    touch: [['a0', data(1)], 0],
    destroy: [['a0'], 0],
    length: [[], 2],
    ids: [[], 2],
    all: [[], 2],
    clear: [[], 0]
  }
  for (const [method, [args, count]] of Object.entries(expected)) {
    const calls = []
    store[method](...args, (...given) => calls.push(given))
    assert.equal(calls.length, 0, method)
    await until(() => calls.length > 0)
    await turns()
    assert.equal(calls.length, 1, method)
    assert.equal(calls[0].length, count, method)
    if (count > 0) assert.equal(calls[0][0], null, method)
  }
})

conform('no method needs a callback', async (subject, t) => {
  const store = subject.store(t)
  store.set('a', data(1))
  store.set('b', data(2))
  await turns()
  store.touch('a', data(1))
  store.destroy('b')
  store.get('a')
  for (const method of ['length', 'ids', 'all']) store[method]()
  await until(async () => (await ids(store)).length === 1)
  assert.deepEqual(await ids(store), ['a'])
  store.clear()
  await until(async () => (await ids(store)).length === 0)
})

conform('touch renews cookie and deadline, and leaves the data', async (subject, t) => {
  const clock = fakeClock(t)
  const store = subject.store(t)
  await ask(store, 'set', 'a', data(1, SECOND))
  const touched = data(2, HOUR)
  await ask(store, 'touch', 'a', touched)
  clock.advance(HOUR - 1)
  assert.deepEqual(await ask(store, 'get', 'a'), { ...asStored(touched), n: 1 })
  clock.advance(1)
  assert.equal(await ask(store, 'get', 'a'), undefined)
  await ask(store, 'touch', 'none', touched)
  assert.equal(await ask(store, 'get', 'none'), undefined)
})

conform('destroy removes one session, or several', async (subject, t) => {
  const store = await filled(subject, t, 5)
  await ask(store, 'destroy', 'a0')
  await ask(store, 'destroy', 'a0')
  await ask(store, 'destroy', ['a1', 'none', 'a3'])
  await ask(store, 'destroy', [])
  assert.deepEqual(await ids(store), ['a2', 'a4'])
})

conform('ids are taken as strings', async (subject, t) => {
  const store = subject.store(t)
  await ask(store, 'set', 17, data(1))
  assert.equal((await ask(store, 'get', '17')).n, 1)
  await ask(store, 'destroy', 17)
  assert.deepEqual(await ids(store), [])
})

conform('every method has one that gives a promise', async (subject, t) => {
  const store = subject.store(t)
  assert.equal(await store.setAsync('a', data(1)), undefined)
  assert.equal((await store.getAsync('a')).n, 1)
  assert.equal(await store.getAsync('none'), undefined)
  assert.ok(await store.loadAsync('a') instanceof Session)
  assert.equal(await store.touchAsync('a', data(1)), undefined)
  assert.equal(await store.lengthAsync(), 1)
  assert.deepEqual(await store.idsAsync(), ['a'])
  assert.deepEqual(await store.allAsync(), await ask(store, 'all'))
  assert.equal(await store.destroyAsync(['a', 'none']), undefined)
  await store.setAsync('b', data(2))
  assert.equal(await store.clearAsync(), undefined)
  assert.equal(await store.lengthAsync(), 0)

  const loop = data(1)
  loop.loop = loop
  await assert.rejects(store.setAsync('a', loop), TypeError)
  await assert.rejects(store.setAsync('a'), TypeError, 'no session')
})

conform('a session that has no JSON: an error through the callback, thrown without one', async (subject, t) => {
  const store = subject.store(t)
  const cycle = data(1)
  cycle.self = cycle
  const calls = await answers(store, 'set', 'a', cycle)
  assert.equal(calls.length, 1)
  assert.ok(calls[0][0] instanceof TypeError)
  assert.throws(() => store.set('a', cycle), TypeError)
  assert.throws(() => store.set('a', undefined), TypeError)
  assert.deepEqual(await ids(store), [])
})

conform('a session too large for the store: an error through the callback, and the old one stays', async (subject, t) => {
  const store = subject.store(t, { maxBytes: 10_000 })
  await ask(store, 'set', 'a', data(1))
  const calls = await answers(store, 'set', 'a', { ...data(2), pad: 'x'.repeat(20_000) })
  assert.equal(calls.length, 1)
  assert.ok(calls[0][0] instanceof RangeError)
  assert.match(calls[0][0].message, /maxBytes/)
  assert.equal((await ask(store, 'get', 'a')).n, 1)
})

conform('without a callback that error is thrown, or a warning where it comes later', async (subject, t) => {
  const store = subject.store(t, { maxBytes: 10_000 })
  const warnings = []
  t.mock.method(process, 'emitWarning', err => warnings.push(err))
  let thrown
  // An engine may refuse at once or later; without a callback it must say so in one way or the other.
  try {
    store.set('a', { ...data(1), pad: 'x'.repeat(20_000) })
  } catch (err) {
    thrown = err
  }
  await until(() => thrown !== undefined || warnings.length > 0)
  const [told] = [thrown, ...warnings].filter(Boolean)
  assert.ok(told instanceof RangeError, 'somebody is told')
})

conform('a text that can not be parsed: an error that does not quote it', async (subject, t) => {
  const store = subject.store(t, { serializer: { parse: JSON.parse, stringify: () => '{"secret' } })
  await ask(store, 'set', 'a', data(1))
  await assert.rejects(ask(store, 'get', 'a'), SyntaxError)
  const json = subject.store(t)
  await write(json, 'a', '{"secret')
  await assert.rejects(ask(json, 'get', 'a'), err => err instanceof SyntaxError && !/secret/.test(err.message))
  await ask(json, 'destroy', 'a')
})

/** Stores a text as it is. */
function write (store, sid, text) {
  return askEngine(engineOf(store), 'commit', writeOf(sid, { text, now: Date.now() }))
}

conform('an empty text is no session', async (subject, t) => {
  const store = subject.store(t)
  await write(store, 'a', '')
  assert.equal(await ask(store, 'get', 'a'), undefined)
  assert.deepEqual(await toArray(store), [])
})

/* Expiry */

conform('a session expires with its cookie', async (subject, t) => {
  const clock = fakeClock(t)
  const store = subject.store(t)
  await ask(store, 'set', 'a', data(1, SECOND))
  await ask(store, 'set', 'b', { cookie: { maxAge: SECOND } })
  await ask(store, 'set', 'c', asStored(data(3, SECOND)))
  clock.advance(SECOND - 1)
  assert.deepEqual(await ids(store), ['a', 'b', 'c'])
  clock.advance(1)
  for (const sid of ['a', 'b', 'c']) assert.equal(await ask(store, 'get', sid), undefined)
  assert.deepEqual(await ids(store), [])
  assert.equal(await ask(store, 'length'), 0)
})

conform('without an expiry, after a day; with the ttl option, when that is up, or with the cookie', async (subject, t) => {
  const clock = fakeClock(t)
  for (const [ttl, session, lifetime] of [
    [undefined, { cookie: {} }, 24 * HOUR],
    [undefined, { cookie: { expires: false } }, 24 * HOUR],
    [undefined, {}, 24 * HOUR],
    [MINUTE, { cookie: {} }, MINUTE],
    [MINUTE, data(1, HOUR), MINUTE],
    [HOUR, data(1, MINUTE), MINUTE],
    [(options, session, sid) => sid.length * SECOND, { cookie: {} }, SECOND]
  ]) {
    const store = subject.store(t, { ttl })
    if (session.cookie instanceof Cookie) session.cookie.maxAge = session.cookie.originalMaxAge
    await ask(store, 'set', 'a', session)
    clock.advance(lifetime - 1)
    assert.ok(await ask(store, 'get', 'a'), String(lifetime))
    clock.advance(1)
    assert.equal(await ask(store, 'get', 'a'), undefined, String(lifetime))
  }
})

conform('a ttl function that throws, or gives no number, is an error through the callback', async (subject, t) => {
  for (const ttl of [() => { throw new Error('ttl') }, () => NaN, () => 'soon']) {
    const store = subject.store(t, { ttl })
    for (const method of ['set', 'touch']) await assert.rejects(ask(store, method, 'a', data(1)), /ttl/)
    assert.deepEqual(await ids(store), [])
  }
})

conform('prune removes what has expired; checkPeriod calls it', async (subject, t) => {
  const clock = fakeClock(t)
  const timers = fakeIntervals(t)
  const store = await filled(subject, t, 10, { checkPeriod: HOUR })
  clock.advance(2 * MINUTE)
  timers.advance(HOUR - 1)
  assert.equal(store.stats().sessions, 10)
  timers.advance(1)
  assert.equal(store.stats().sessions, 0)
  store.stopInterval()
  await ask(store, 'set', 'b', data(1))
  clock.advance(HOUR)
  timers.advance(HOUR)
  assert.equal(store.stats().sessions, 1)
  store.prune()
  assert.equal(store.stats().sessions, 0)
  store.startInterval()
  assert.ok(timers.running.size > 0)
})

/* All of them */

conform('length, ids, keys, all and iteration agree', async (subject, t) => {
  const store = await filled(subject, t, 1200)
  const sids = Array.from({ length: 1200 }, (_, n) => 'a' + n).sort()
  assert.equal(await ask(store, 'length'), 1200)
  assert.deepEqual(await ids(store), sids)
  assert.deepEqual((await toArray(store.keys())).sort(), sids)
  const sessions = await all(store)
  assert.equal(Object.getPrototypeOf(sessions), null)
  assert.deepEqual(Object.keys(sessions).sort(), sids)
  assert.equal(sessions.a7.n, 7)
  const pairs = await toArray(store)
  assert.deepEqual(pairs.map(([sid]) => sid).sort(), sids)
  assert.ok(pairs.every(([sid, session]) => sid === 'a' + session.n))
})

conform('who walks over the store lets others have their turn', async (subject, t) => {
  const store = await filled(subject, t, 2000)
  for (const walk of [() => ask(store, 'all'), () => ask(store, 'ids'), () => toArray(store.keys())]) {
    let turns = 0
    let isDone = false
    const count = () => {
      turns++
      if (!isDone) setImmediate(count)
    }
    setImmediate(count)
    await walk()
    isDone = true
    assert.ok(turns >= 3, `${turns} turns of the event loop`)
  }
})

conform('a session that goes while one walks is left out', async (subject, t) => {
  const store = await filled(subject, t, 1000)
  const seen = []
  for await (const [sid, session] of store) {
    assert.ok(session)
    seen.push(sid)
    if (seen.length === 1) await ask(store, 'clear')
  }
  assert.ok(seen.length < 1000)
})

conform('one session that can not be parsed is an error of all and of iteration', async (subject, t) => {
  const store = await filled(subject, t, 1)
  await write(store, 'bad', '{')
  await assert.rejects(ask(store, 'all'), SyntaxError)
  await assert.rejects(toArray(store), SyntaxError)
  assert.deepEqual(await ids(store), ['a0', 'bad'])
})

conform('clear removes all; close too, and may be called twice', async (subject, t) => {
  const store = await filled(subject, t, 100)
  await ask(store, 'clear')
  assert.equal(await ask(store, 'length'), 0)
  await ask(store, 'set', 'a', data(1))
  store.close()
  store.close()
  await turns()
  assert.equal(store.stats().sessions, 0)
  if (engineOf(store).capabilities.persists) {
    // An answer that there is no session would log its user out.
    for (const method of ['get', 'destroy']) {
      await assert.rejects(ask(store, method, 'a'), { code: 'ERR_SESSION_STORE_CLOSED' })
    }
    await assert.rejects(ask(store, 'set', 'a', data(2)), { code: 'ERR_SESSION_STORE_CLOSED' })
  } else {
    assert.equal(await ask(store, 'get', 'a'), undefined)
  }
})

conform('stats', async (subject, t) => {
  const store = await filled(subject, t, 4, { max: 3 })
  await ask(store, 'get', 'a3')
  await ask(store, 'get', 'a0')
  await ask(store, 'touch', 'a3', data(3))
  await ask(store, 'destroy', 'a2')
  const stats = store.stats()
  assert.deepEqual(stats, { ...stats, sessions: 2, tombstones: 1, hits: 1, misses: 1, sets: 4, touches: 1, destroyed: 1, expired: 0, evicted: { max: 1, maxBytes: 0 } })
  assert.equal(stats.limits.max, 3)
})

conform('util.inspect shows no session', async (subject, t) => {
  const store = subject.store(t, { dispose () {} })
  for (const sid of ['secret-id', 'secret-too']) await ask(store, 'set', sid, { cookie: {}, name: 'secret-name' })
  await ask(store, 'destroy', 'secret-too')
  assert.doesNotMatch(inspect(store, { depth: 9, showHidden: true }), /secret/)
})

/* A serializer of the app */

conform('a serializer writes and reads every text', async (subject, t) => {
  const serializer = {
    stringify: session => 'v1:' + JSON.stringify(session),
    parse: text => JSON.parse(text.slice(3))
  }
  const store = subject.store(t, { serializer })
  await ask(store, 'set', 'a', data(1))
  assert.equal((await ask(store, 'get', 'a')).n, 1)
  const touched = data(2, HOUR)
  await ask(store, 'touch', 'a', touched)
  assert.deepEqual(await ask(store, 'get', 'a'), { ...asStored(touched), n: 1 })
  assert.equal((await all(store)).a.n, 1)
  await ask(store, 'touch', 'none', data(1))
  assert.deepEqual(await ids(store), ['a'])
})

conform('what a serializer throws comes through the callback', async (subject, t) => {
  let broken
  const serializer = {
    stringify (session) {
      if (broken === 'stringify') throw new Error(broken)
      return broken === 'text' ? 17 : JSON.stringify(session)
    },
    parse (text) {
      if (broken === 'parse') throw new Error(broken)
      return JSON.parse(text)
    }
  }
  const store = subject.store(t, { serializer })
  await ask(store, 'set', 'a', data(1))
  for (const [kind, method, args, expected] of [
    ['stringify', 'set', [data(2)], /stringify/],
    ['text', 'set', [data(2)], /must return a string/],
    ['parse', 'get', [], /parse/],
    ['stringify', 'touch', [data(2)], /stringify/],
    ['parse', 'touch', [data(2)], /parse/]
  ]) {
    broken = kind
    await assert.rejects(ask(store, method, 'a', ...args), expected, `${kind} ${method}`)
  }
  broken = undefined
  assert.equal((await ask(store, 'get', 'a')).n, 1)
})

/* Events and dispose */

for (const thrown of [undefined, null, 0, false, '']) {
  conform(`the app's functions throw ${JSON.stringify(thrown)}: an error all the same, and nothing is stored or taken for absent`, async (subject, t) => {
    const thrower = () => { throw thrown }
    for (const options of [{ ttl: thrower }, { serializer: { stringify: thrower, parse: JSON.parse } }]) {
      await assert.rejects(ask(subject.store(t, options), 'set', 'a', { cookie: {} }), /threw/)
    }
    const store = subject.store(t, { serializer: { stringify: JSON.stringify, parse: thrower } })
    await ask(store, 'set', 'a', { cookie: {} })
    for (const [method, ...args] of [['get', 'a'], ['load', 'a'], ['all'], ['touch', 'a', { cookie: {} }]]) {
      await assert.rejects(ask(store, method, ...args), /threw/, method)
    }
    const later = subject.store(t, { serializer: { stringify: JSON.stringify, parse: async () => thrower() } })
    await ask(later, 'set', 'a', { cookie: {} })
    for (const [method, ...args] of [['get', 'a'], ['touch', 'a', { cookie: {} }]]) {
      await assert.rejects(ask(later, method, ...args), /threw/, `${method}, by a rejection`)
    }
    for (const session of [{ toJSON: thrower }, { cookie: { toJSON: thrower } }, Object.defineProperty({}, 'cookie', { enumerable: true, get: thrower })]) {
      await assert.rejects(ask(subject.store(t), 'set', 'a', session), /threw/)
    }
  })

  conform(`protect throws ${JSON.stringify(thrown)}: an error all the same`, async (subject, t) => {
    const store = subject.store(t, { protect: () => { throw thrown } })
    await assert.rejects(ask(store, 'set', 'a', { cookie: {} }), /threw/)
  })
}

conform('expired, evicted and destroyed come once each, after the removal, with id and session', async (subject, t) => {
  const clock = fakeClock(t)
  const store = subject.store(t, { max: 3 })
  const told = []
  for (const event of ['expired', 'evicted', 'destroyed']) {
    store.on(event, (sid, session) => told.push([event, sid, session.n]))
  }
  for (let n = 0; n < 4; n++) await ask(store, 'set', 'a' + n, data(n))
  await ask(store, 'set', 'a3', data(3))
  await ask(store, 'touch', 'a3', data(3))
  for (let i = 0; i < 2; i++) await ask(store, 'destroy', 'a1')
  clock.advance(HOUR)
  store.prune()
  await until(() => told.length >= 4)
  store.prune()
  await turns()
  assert.deepEqual(told.sort(), [['destroyed', 'a1', 1], ['evicted', 'a0', 0], ['expired', 'a2', 2], ['expired', 'a3', 3]])
})

conform('events come without anybody calling the store', async (subject, t) => {
  const store = subject.store(t)
  const told = []
  store.on('expired', sid => told.push(sid))
  await ask(store, 'set', 'a', data(1, 50))
  await until(() => told.length === 1)
  assert.deepEqual(told, ['a'])
})

conform('clear and regenerate tell "destroyed"', async (subject, t) => {
  const store = await filled(subject, t, 3)
  const told = []
  store.on('destroyed', sid => told.push(sid))
  store.generate = () => {}
  await new Promise(resolve => store.regenerate({ sessionID: 'a0' }, resolve))
  await ask(store, 'clear')
  await until(() => { store.prune(); return told.length >= 3 })
  assert.deepEqual(told.sort(), ['a0', 'a1', 'a2'])
})

conform('dispose hears of each session that is replaced or removed, before the callback', async (subject, t) => {
  const clock = fakeClock(t)
  const disposed = []
  const dispose = (sid, text) => disposed.push(sid + JSON.parse(text).n)
  const store = subject.store(t, { max: 2, dispose })
  const step = async (expected, ...call) => {
    const seen = await new Promise((resolve, reject) => {
      store[call[0]](...call.slice(1), err => err ? reject(err) : resolve(disposed.splice(0)))
    })
    assert.deepEqual(seen, expected, call[0])
  }
  await step([], 'set', 'a', data(1))
  await step(['a1'], 'set', 'a', data(2))
  await step([], 'touch', 'a', data(3))
  await step([], 'set', 'b', data(4))
  await step(['a2'], 'set', 'c', data(5))
  await step(['b4'], 'destroy', 'b')
  await step([], 'destroy', 'b')
  clock.advance(HOUR)
  store.prune()
  assert.deepEqual(disposed, ['c5'])
})

conform('a touch disposes of nothing, whoever wrote the text', async (subject, t) => {
  const disposed = []
  const dispose = sid => disposed.push(sid)
  for (const serializer of [JSON, { parse: text => JSON.parse(text), stringify: session => JSON.stringify(session) }]) {
    const store = subject.store(t, { dispose, serializer })
    for (const text of ['{"cookie":{},"n":1}', '{"n":1,"cookie":{}}']) {
      await write(store, 'a', text)
      store.prune()
      disposed.length = 0
      await ask(store, 'touch', 'a', data(2))
      store.prune()
      await turns()
      assert.deepEqual(disposed, [], text)
      assert.equal((await ask(store, 'get', 'a')).n, 1)
    }
  }
})

conform('noDisposeOnSet: not of those that are replaced', async (subject, t) => {
  const disposed = []
  const store = subject.store(t, { noDisposeOnSet: true, dispose: sid => disposed.push(sid) })
  for (const n of [1, 2]) await ask(store, 'set', 'a', data(n))
  assert.deepEqual(disposed, [])
  await ask(store, 'destroy', 'a')
  assert.deepEqual(disposed, ['a'])
})

conform('a dispose that throws reaches the callback once; the removal is done', async (subject, t) => {
  let isArmed = false
  const store = subject.store(t, { dispose () { if (isArmed) throw new Error('dispose') } })
  for (const sid of ['a', 'b', 'c']) await ask(store, 'set', sid, data(1))
  isArmed = true
  for (const call of [['set', 'a', data(2)], ['destroy', 'a'], ['destroy', ['b', 'c']]]) {
    const calls = await answers(store, ...call)
    assert.deepEqual(calls.map(([err]) => err.message), ['dispose'])
  }
  assert.deepEqual(await ids(store), [])
})

conform('a dispose that is an async function and throws is a warning', async (subject, t) => {
  const warnings = t.mock.method(process, 'emitWarning', () => {}).mock
  const store = subject.store(t, { dispose: async () => { throw new Error('of the app') } })
  await ask(store, 'set', 'a', { cookie: {} })
  await ask(store, 'destroy', 'a')
  await until(() => warnings.callCount() === 1)
  assert.equal(warnings.calls[0].arguments[0].message, 'of the app')
})

conform('a listener that throws is a warning, and breaks nothing', async (subject, t) => {
  const warnings = []
  t.mock.method(process, 'emitWarning', err => warnings.push(err))
  const store = await filled(subject, t, 2)
  const heard = []
  store.on('destroyed', sid => {
    heard.push(sid)
    if (sid === 'a0') throw new Error('listener')
  })
  await ask(store, 'destroy', ['a0', 'a1'])
  store.prune()
  assert.deepEqual(heard, ['a0', 'a1'])
  assert.equal(warnings[0].message, 'listener')
})

/* Sessions made of what a store gives */

conform('load of a session that has no cookie is an error through the callback', async (subject, t) => {
  const store = subject.store(t)
  await ask(store, 'set', 'a', { user: 'ann' })
  await assert.rejects(ask(store, 'load', 'a'), TypeError)
})

conform('load and createSession make sessions that save themselves', async (subject, t) => {
  const store = await filled(subject, t, 1)
  const session = await ask(store, 'load', 'a0')
  assert.ok(session instanceof Session)
  assert.equal(session.n, 0)
  session.n = 5
  await ask(session, 'save')
  assert.equal((await ask(store, 'get', 'a0')).n, 5)
  assert.equal(await ask(store, 'load', 'none'), undefined)
})

/* The view on the texts, where the engine answers at once */

for (const subject of engines) {
  if (subject.isRemote || subject.engine().capabilities.reads !== 'now') continue
  require('node:test').test(`${subject.name}: the sessions view reads and writes texts like a plain object`, async t => {
    const store = await filled(subject, t, 2)
    const sessions = sessionsView(engineOf(store))
    assert.deepEqual(Object.keys(sessions).sort(), ['a0', 'a1'])
    assert.equal(JSON.parse(sessions.a1).n, 1)
    assert.equal(sessions.none, undefined)
    assert.ok('a0' in sessions && !('none' in sessions))
    sessions.b = JSON.stringify(data(7))
    assert.equal((await ask(store, 'get', 'b')).n, 7)
    delete sessions.a0
    assert.equal(await ask(store, 'get', 'a0'), undefined)
    assert.deepEqual({ ...sessions }, { a1: sessions.a1, b: sessions.b })
    sessions.bad = 'no JSON'
    assert.equal(sessions.bad, 'no JSON')
  })
}
