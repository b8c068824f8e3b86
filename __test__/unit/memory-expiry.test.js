'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { needsBinary } = require('../helpers/binary')
const { answers, ask, toArray, until } = require('../helpers/calls')
const { fakeClock, SECOND, MINUTE, HOUR, DAY } = require('../helpers/clock')
const { serve } = require('../helpers/server')
const { middleware, session } = require('../helpers/subject')

const { Cookie, MemoryStore } = session

const lasting = maxAge => ({ cookie: new Cookie({ maxAge }), a: 1 })
const has = async (store, sid) => await ask(store, 'get', sid) !== undefined

/** Everything that a store shows of its sessions. */
async function shown (store) {
  return {
    get: await ask(store, 'get', 'x'),
    load: await ask(store, 'load', 'x'),
    all: Object.keys(await ask(store, 'all')),
    ids: await ask(store, 'ids'),
    keys: await toArray(store.keys()),
    iterated: await toArray(store),
    length: await ask(store, 'length'),
    text: store.sessions.x,
    view: Object.keys(store.sessions),
    in: 'x' in store.sessions
  }
}

const NOTHING = {
  get: undefined, load: undefined, all: [], ids: [], keys: [], iterated: [], length: 0, text: undefined, view: [], in: false
}

test('A session expires at its cookie.expires, to the millisecond', async t => {
  const clock = fakeClock(t)
  const store = new MemoryStore()
  await ask(store, 'set', 'x', lasting(MINUTE))
  clock.advance(MINUTE - 1)
  assert.equal((await ask(store, 'get', 'x')).a, 1)
  clock.advance(1)
  assert.deepEqual(await shown(store), NOTHING)
})

test('No method returns a session after its deadline, before any sweep', async t => {
  const clock = fakeClock(t)
  for (const key of Object.keys(NOTHING)) {
    const store = new MemoryStore()
    await ask(store, 'set', 'x', lasting(MINUTE))
    clock.advance(MINUTE)
    const look = {
      get: () => ask(store, 'get', 'x'),
      load: () => ask(store, 'load', 'x'),
      all: async () => Object.keys(await ask(store, 'all')),
      ids: () => ask(store, 'ids'),
      keys: () => toArray(store.keys()),
      iterated: () => toArray(store),
      length: () => ask(store, 'length'),
      text: () => store.sessions.x,
      view: () => Object.keys(store.sessions),
      in: () => 'x' in store.sessions
    }[key]
    assert.deepEqual(await look(), NOTHING[key], key)
    store.close()
  }
})

test('An expired session and its memory are gone without being read', needsBinary, async t => {
  const clock = fakeClock(t, Date.now() - 2 * HOUR) // the background task needs the system's clock to agree
  const store = new MemoryStore()
  const empty = store.stats().bytes
  for (let i = 0; i < 100; i++) store.set('id' + i, lasting(MINUTE))
  assert.equal(store.stats().sessions, 100)

  clock.advance(HOUR)
  store.get('the engine hears of the time', () => {})
  await until(() => store.stats().sessions === 0) // by the background task
  assert.equal(store.stats().expired, 100)
  assert.equal(store.stats().bytes, empty)
  store.close()
})

test('expires may be a Date, a string or a number in a plain object', async t => {
  const clock = fakeClock(t)
  const store = new MemoryStore()
  const moment = clock.now + MINUTE
  await ask(store, 'set', 'date', { cookie: { expires: new Date(moment) } })
  await ask(store, 'set', 'text', { cookie: { expires: new Date(moment).toISOString() } })
  await ask(store, 'set', 'number', { cookie: { expires: moment } })
  await ask(store, 'set', 'maxAge', { cookie: { maxAge: MINUTE } })
  await ask(store, 'set', 'past', { cookie: { expires: new Date(clock.now - 1) } })
  for (const sid of ['date', 'text', 'number', 'maxAge']) assert.ok(await has(store, sid), sid)
  assert.ok(!await has(store, 'past'))
  clock.advance(MINUTE)
  for (const sid of ['date', 'text', 'number', 'maxAge']) assert.ok(!await has(store, sid), sid)
})

test('A session without expires lives for a day and is renewed by touch', async t => {
  const clock = fakeClock(t)
  const store = new MemoryStore()
  const endless = { cookie: new Cookie(), a: 1 }
  const odd = { none: {}, cookie: endless, invalid: { cookie: { expires: 'never' } }, null: { cookie: null } }
  for (const sid of Object.keys(odd)) await ask(store, 'set', sid, odd[sid])

  clock.advance(DAY - 1)
  for (const sid of Object.keys(odd)) assert.ok(await has(store, sid), sid)
  await ask(store, 'touch', 'cookie', endless)
  clock.advance(1)
  for (const sid of Object.keys(odd)) assert.equal(await has(store, sid), sid === 'cookie', sid)
  clock.advance(DAY - 2)
  assert.ok(await has(store, 'cookie'))
  clock.advance(1)
  assert.ok(!await has(store, 'cookie'))
})

test('set and touch renew a session, get does not', async t => {
  const clock = fakeClock(t)
  const store = new MemoryStore()
  const data = lasting(MINUTE)
  for (const sid of ['set', 'touched', 'read']) await ask(store, 'set', sid, data)

  clock.advance(40 * SECOND)
  data.cookie.maxAge = MINUTE
  data.a = 2
  await ask(store, 'set', 'set', data)
  await ask(store, 'touch', 'touched', data)
  await ask(store, 'get', 'read')

  clock.advance(40 * SECOND)
  assert.equal((await ask(store, 'get', 'set')).a, 2)
  const touched = await ask(store, 'get', 'touched')
  assert.equal(touched.a, 1)
  assert.equal(touched.cookie.expires, new Date(data.cookie.expires).toISOString())
  assert.ok(!await has(store, 'read'))
})

test('touch can also shorten the time that is left, or end it', async t => {
  const clock = fakeClock(t)
  const store = new MemoryStore()
  await ask(store, 'set', 'x', lasting(HOUR))
  await ask(store, 'touch', 'x', lasting(SECOND))
  clock.advance(SECOND)
  assert.ok(!await has(store, 'x'))

  await ask(store, 'set', 'y', lasting(HOUR))
  await ask(store, 'touch', 'y', lasting(-1))
  assert.ok(!await has(store, 'y'))
})

test('touch does not bring back a missing session', async t => {
  const clock = fakeClock(t)
  const store = new MemoryStore()
  await ask(store, 'touch', 'never', lasting(MINUTE))
  await ask(store, 'set', 'x', lasting(MINUTE))
  clock.advance(MINUTE)
  await ask(store, 'touch', 'x', lasting(MINUTE))
  assert.deepEqual(await ask(store, 'ids'), [])
})

test('A session under an expired id is a new one', async t => {
  const clock = fakeClock(t)
  const store = new MemoryStore()
  await ask(store, 'set', 'x', lasting(MINUTE))
  clock.advance(MINUTE)
  await ask(store, 'set', 'x', { ...lasting(MINUTE), a: 2 })
  assert.equal((await ask(store, 'get', 'x')).a, 2)
  assert.equal(await ask(store, 'length'), 1)
  assert.equal(store.stats().expired, 1)
})

test('Deadlines from a millisecond to years are kept', async t => {
  const clock = fakeClock(t)
  const store = new MemoryStore()
  const start = clock.now
  const spans = [1, 2, 63, 64, 65, 999, 4095, 4096, MINUTE, 262143, 262144, HOUR, DAY, 30 * DAY, 365 * DAY, 20 * 365 * DAY]
  for (const span of spans) store.set(String(span), lasting(span))
  for (const span of spans) {
    clock.advance(start + span - 1 - clock.now)
    const before = (await ask(store, 'ids')).map(Number).sort((a, b) => a - b)
    assert.deepEqual(before, spans.filter(other => other > span - 1))
    clock.advance(1)
    const after = (await ask(store, 'ids')).map(Number).sort((a, b) => a - b)
    assert.deepEqual(after, spans.filter(other => other > span))
    assert.equal(await ask(store, 'length'), after.length)
  }
})

test('A clock that is set back leaves the store in order', async t => {
  const clock = fakeClock(t)
  const store = new MemoryStore()
  await ask(store, 'set', 'x', lasting(MINUTE))
  clock.advance(-HOUR)
  assert.ok(await has(store, 'x'))
  await ask(store, 'set', 'y', lasting(MINUTE))
  clock.advance(MINUTE)
  assert.deepEqual([await has(store, 'x'), await has(store, 'y')], [true, false])
  clock.advance(HOUR)
  assert.ok(!await has(store, 'x'))
})

test('A number as ttl is the lifetime, renewed by set and touch; the cookie may end it sooner', async t => {
  const clock = fakeClock(t)
  const store = new MemoryStore({ ttl: HOUR })
  const endless = { cookie: new Cookie() }
  await ask(store, 'set', 'x', endless)
  await ask(store, 'set', 'long', lasting(DAY))
  await ask(store, 'set', 'short', lasting(MINUTE))
  clock.advance(MINUTE)
  assert.ok(!await has(store, 'short'))
  clock.advance(HOUR - MINUTE - 1)
  assert.ok(await has(store, 'long'))
  await ask(store, 'touch', 'x', endless)
  clock.advance(1)
  assert.ok(!await has(store, 'long'))
  assert.ok(await has(store, 'x'))
  clock.advance(HOUR - 1)
  assert.ok(!await has(store, 'x'))
})

test('A function as ttl is called with (options, session, sid) at each set and touch', async t => {
  const clock = fakeClock(t)
  const asked = []
  const store = new MemoryStore({
    max: 7,
    ttl (options, session, sid) {
      asked.push([options.max, session, sid])
      return session.admin ? MINUTE : HOUR
    }
  })
  const [admin, user] = [{ cookie: new Cookie(), admin: true }, { cookie: new Cookie() }]
  await ask(store, 'set', 'a', admin)
  await ask(store, 'set', 'u', user)
  await ask(store, 'touch', 'u', user)
  assert.deepEqual(asked, [[7, admin, 'a'], [7, user, 'u'], [7, user, 'u']])
  clock.advance(MINUTE)
  assert.ok(!await has(store, 'a'))
  assert.ok(await has(store, 'u'))
  clock.advance(HOUR - MINUTE)
  assert.ok(!await has(store, 'u'))
})

for (const [what, ttl, name] of [
  ['throws', () => { throw new Error('no ttl') }, 'Error'],
  ['gives a text', () => '1000', 'TypeError'],
  ['gives NaN', () => NaN, 'TypeError'],
  ['gives nothing', () => {}, 'TypeError']
]) {
  test(`A ttl that ${what} is one error for the callback and changes nothing`, async () => {
    let sound = true
    const store = new MemoryStore({ ttl: () => sound ? HOUR : ttl() })
    await ask(store, 'set', 'x', { cookie: {}, a: 1 })
    sound = false
    for (const [method, sid] of [['set', 'x'], ['set', 'new'], ['touch', 'x']]) {
      const calls = await answers(store, method, sid, { cookie: {}, a: 2 })
      assert.equal(calls.length, 1)
      assert.equal(calls[0][0].name, name)
    }
    assert.throws(() => store.set('x', { cookie: {} }), { name })
    assert.equal((await ask(store, 'get', 'x')).a, 1)
    assert.deepEqual(await ask(store, 'ids'), ['x'])
    sound = true
    await ask(store, 'set', 'x', { cookie: {}, a: 3 })
    assert.equal((await ask(store, 'get', 'x')).a, 3)
  })
}

test('prune removes what has expired and nothing else', async t => {
  const clock = fakeClock(t)
  const store = new MemoryStore()
  for (let i = 0; i < 3000; i++) store.set('short' + i, lasting(MINUTE))
  for (let i = 0; i < 10; i++) store.set('long' + i, lasting(HOUR))
  store.prune()
  assert.equal(store.stats().sessions, 3010)
  clock.advance(MINUTE)
  store.prune()
  assert.deepEqual([store.stats().sessions, store.stats().expired], [10, 3000])
})

for (const [maxAge, ttl, life] of [[HOUR, MINUTE, MINUTE], [MINUTE, HOUR, MINUTE], [undefined, MINUTE, MINUTE], [HOUR, undefined, HOUR], [undefined, undefined, DAY]]) {
  test(`A session lives for ${life} after its last request with a maxAge of ${maxAge} and a ttl of ${ttl}`, async t => {
    const clock = fakeClock(t)
    const store = new MemoryStore({ ttl })
    const app = await serve(t, middleware({ store, cookie: { maxAge } }), (req, res) => {
      if (req.url === '/') req.session.a = 1
      res.end(String(req.session.a))
    })
    const { cookie } = await app.get('/')
    for (let i = 0; i < 2; i++) {
      clock.advance(life - 1)
      assert.equal((await app.get('/look', { cookie })).body, '1')
    }
    clock.advance(life)
    assert.equal((await app.get('/look', { cookie })).body, 'undefined')
  })
}

test('The middleware does not serve a session after its deadline', async t => {
  const clock = fakeClock(t)
  const app = await serve(t, middleware({ cookie: { maxAge: MINUTE } }), (req, res) => {
    req.session.views = (req.session.views || 0) + 1
    res.end(String(req.session.views))
  })
  const browser = app.browser()
  await browser.get('/')
  clock.advance(MINUTE - 1)
  assert.equal((await browser.get('/')).body, '2')
  clock.advance(MINUTE - 1)
  assert.equal((await browser.get('/')).body, '3', 'the request renewed it')
  const old = browser.cookie
  clock.advance(MINUTE)
  assert.equal((await browser.get('/')).body, '1')
  assert.notEqual(browser.cookie, old)
})
