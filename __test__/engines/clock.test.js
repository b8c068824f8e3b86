'use strict'

// The clock of a process is a claim. Nobody loses a session because it was wrong for a moment.

const assert = require('node:assert/strict')
const { DROPPED } = require('../../lib/stores/engine')
const { until } = require('../helpers/calls')
const { fakeClock } = require('../helpers/clock')
const { conform, conformAtOnce } = require('.')
const { ask, comeBack, DAY, HOUR, idsOf, look, MINUTE, pruneAll, put, removed, START, writeOf } = require('./ask')

const YEAR = 365 * DAY
/** The system's time, from which a session of these tests has an hour left. */
const now = Math.floor(Date.now() / MINUTE) * MINUTE

async function filled (subject, options, count = 1000) {
  const engine = subject.engine(options)
  for (let n = 0; n < count; n++) await put(engine, 'a' + n, { now })
  return engine
}

const wrongTime = {
  get: (engine, time) => comeBack(engine, 'a1', time),
  peek: (engine, time) => look(engine, 'a1', time),
  commit: (engine, time) => put(engine, 'other', { now: time }),
  touch: (engine, time) => ask(engine, 'touch', { ...writeOf('a1', { now }), now: time }), // the deadline is right
  destroy: (engine, time) => ask(engine, 'destroy', 'other', time),
  length: (engine, time) => ask(engine, 'length', time),
  ids: (engine, time) => idsOf(engine, time),
  stats: (engine, time) => engine.stats(time),
  drain (engine, time) {
    const watch = engine.watch(false)
    engine.drain(watch, 1000, time)
    engine.unwatch(watch)
  }
}

for (const [name, call] of Object.entries(wrongTime)) {
  conform(`${name} at a clock one year ahead costs no session`, async subject => {
    const engine = await filled(subject)
    for (let i = 0; i < 20; i++) await call(engine, now + YEAR)
    await new Promise(resolve => setTimeout(resolve, 20))
    for (let i = 0; i < 20; i++) await look(engine, 'none', now)
    const sids = await idsOf(engine, now)
    assert.equal(sids.filter(sid => sid !== 'other').length, 1000)
  })
}

conformAtOnce('a clock one year ahead for two seconds costs no session', async subject => {
  const engine = await filled(subject)
  await look(engine, 'a1', now + YEAR)
  await new Promise(resolve => setTimeout(resolve, 2100)) // the memory engine's thread comes round once a second
  assert.equal((await idsOf(engine, now)).length, 1000)
})

conform('a read believes its caller', async subject => {
  const engine = await filled(subject, {}, 3)
  assert.equal(await look(engine, 'a1', now + YEAR), undefined)
  assert.equal(await comeBack(engine, 'a1', now + YEAR), undefined)
  assert.deepEqual(await idsOf(engine, now + YEAR), [])
  assert.ok(await look(engine, 'a1', now))
  assert.ok(await comeBack(engine, 'a1', now))
})

conform('prune believes its caller', async subject => {
  const engine = await filled(subject, {}, 3)
  pruneAll(engine, now + YEAR)
  assert.equal(await ask(engine, 'length', now), 0)
})

conformAtOnce('a clock that stands still keeps what has expired on the system\'s', async subject => {
  const engine = subject.engine()
  const standing = START - DAY
  for (let n = 0; n < 100; n++) await put(engine, 'a' + n, { now: standing })
  await new Promise(resolve => setTimeout(resolve, 1500))
  for (let i = 0; i < 50; i++) await look(engine, 'none', i % 10 === 9 ? NaN : standing)
  assert.equal((await idsOf(engine, standing)).length, 100)
})

conform('a session written at a clock one year behind is kept while the clock is behind', async subject => {
  const engine = subject.engine()
  await put(engine, 'a', { now: now - YEAR })
  for (let i = 0; i < 20; i++) await put(engine, 'b', { now: now - YEAR })
  assert.ok(await look(engine, 'a', now - YEAR))
})

conform('a request at a clock one year behind ends no session that is valid on the system\'s', async subject => {
  const engine = await filled(subject, {}, 3)
  const then = now - YEAR
  await ask(engine, 'touch', writeOf('a0', { now: then }))
  await put(engine, 'a1', { now: then, data: { n: 1 } })
  const { revision } = await ask(engine, 'get', 'a2', then)
  await ask(engine, 'touch', { ...writeOf('a2', { now: then }), revision })
  pruneAll(engine, now)
  assert.deepEqual(await idsOf(engine, now), ['a0', 'a1', 'a2'])
  assert.equal((await look(engine, 'a1', now)).n, 1)

  await put(engine, 'a1', { now: then, maxAge: -1 })
  assert.equal(await look(engine, 'a1', now), undefined, 'but what an app ends, ends')
  pruneAll(engine, now + HOUR)
  assert.deepEqual(await idsOf(engine, now), [], 'and the deadline is the old one')
})

conform('a life of a millisecond is over when the write is done', async subject => {
  const engine = await filled(subject, {}, 2)
  const time = Date.now()
  await put(engine, 'a0', { now: time - 2, maxAge: 1 })
  await ask(engine, 'touch', writeOf('a1', { now: time - 2, maxAge: 1 }))
  assert.deepEqual(await idsOf(engine, time), [])
})

conform('at a clock that is behind all the time a session can get a shorter life', async subject => {
  const engine = subject.engine()
  for (const write of ['commit', 'touch']) {
    await put(engine, 'a')
    await ask(engine, write, writeOf('a', { maxAge: 1000 }))
    assert.ok(await look(engine, 'a', START + 999))
    assert.equal(await look(engine, 'a', START + 1000), undefined, write)
  }
})

conform('a logout at a clock one year behind is still known when the clock is right again', async subject => {
  const engine = subject.engine()
  const write = writeOf('a', { now: START, maxAge: 1000 })
  await ask(engine, 'commit', write)
  pruneAll(engine, now)
  await ask(engine, 'destroy', 'a', now - YEAR)
  for (let i = 0; i < 20; i++) await look(engine, 'none', now)
  pruneAll(engine, now)
  assert.equal(await ask(engine, 'commit', { ...writeOf('a', { now }), revision: write.revision }), DROPPED)
})

for (const [name, time] of [['NaN', NaN], ['undefined', undefined], ['1960', -10 * YEAR], ['-Infinity', -Infinity]]) {
  conform(`the time ${name} costs no session`, async subject => {
    const engine = await filled(subject)
    const watch = engine.watch(true)
    for (const call of Object.values(wrongTime)) await call(engine, time)
    engine.prune(time)
    assert.equal((await idsOf(engine, now)).filter(sid => sid !== 'other').length, 1000)
    assert.ok(await look(engine, 'a1', time), 'and it is there for who sees that time')
    assert.deepEqual(removed(engine, watch, time).filter(([kind, sid]) => kind !== 'replaced' && sid !== 'other'), [])
  })
}

conform('a session without a valid deadline is kept', async subject => {
  const engine = subject.engine()
  for (const deadline of [NaN, Infinity]) {
    await put(engine, 'a', { deadline })
    pruneAll(engine, now + YEAR)
    assert.ok(await look(engine, 'a', now + YEAR), String(deadline))
    assert.deepEqual(await idsOf(engine, now + YEAR), ['a'], String(deadline))
    await put(engine, 'a', { deadline: START + HOUR })
    await put(engine, 'a', { deadline })
    pruneAll(engine, now + YEAR)
    assert.ok(await look(engine, 'a', now + YEAR), String(deadline))
    await put(engine, 'a', { deadline: START + HOUR })
    assert.equal(await look(engine, 'a', START + HOUR), undefined, 'and can expire again')
  }
})

conform('dates before 1970: sessions live and expire as always', async subject => {
  const engine = subject.engine()
  const then = -10 * YEAR
  await put(engine, 'a', { now: then, maxAge: 1000 })
  await put(engine, 'b', { now: then, maxAge: 5000 })
  assert.ok(await look(engine, 'a', then + 999))
  assert.equal(await look(engine, 'a', then + 1000), undefined)
  pruneAll(engine, then + 1000)
  assert.deepEqual(await idsOf(engine, then), ['b'])
})

/* The same through a store, whose time is Date.now() */

const cookieEndingAt = moment => ({ path: '/', expires: new Date(moment).toISOString(), originalMaxAge: 1000 })
const call = (store, method, ...args) => new Promise((resolve, reject) => {
  store[method](...args, (err, value) => err ? reject(err) : resolve(value))
})

const mocks = {
  'Date.now() gives undefined': () => { Date.now = () => undefined },
  'Date.now() gives a text': () => { Date.now = () => '5' },
  'Date.now() throws': () => { Date.now = () => { throw new Error('mocked') } },
  'Date.now() gives an object without a text': () => { Date.now = () => Object.create(null) },
  'Date is a mock without now': () => { globalThis.Date = function () {} }
}

for (const [what, mock] of Object.entries(mocks)) {
  conform(`${what}: every session is kept`, async (subject, t) => {
    const store = subject.store(t)
    const { Date: real, Date: { now } } = globalThis
    const restore = () => {
      globalThis.Date = real
      Date.now = now
    }
    t.after(restore)
    await call(store, 'set', 'a', { cookie: {}, n: 1 })
    await call(store, 'set', 'b', { cookie: cookieEndingAt(now() + HOUR), n: 2 })
    mock()
    assert.equal((await call(store, 'get', 'a')).n, 1)
    assert.equal((await call(store, 'get', 'b')).n, 2)
    await call(store, 'set', 'c', { cookie: {}, n: 3 })
    await call(store, 'touch', 'a', { cookie: {} })
    store.prune()
    restore()
    assert.deepEqual((await call(store, 'ids')).sort(), ['a', 'b', 'c'])
  })
}

conformAtOnce('a mocked clock that stands still keeps a session past its maxAge', async (subject, t) => {
  const store = subject.store(t)
  await call(store, 'set', 'a', { cookie: cookieEndingAt(Date.now() + 1000), n: 1 })
  await new Promise(resolve => setTimeout(resolve, 1500))
  await call(store, 'set', 'b', { cookie: {} })
  assert.equal((await call(store, 'get', 'a')).n, 1)
}, t => fakeClock(t, Date.now()))

conform('"expired" fires when the timers of a test are advanced with its clock', async (subject, t) => {
  const clock = fakeClock(t)
  const { setInterval } = globalThis
  const ticks = []
  globalThis.setInterval = work => ticks.push(work) // fake timers, which a test advances
  t.after(() => { globalThis.setInterval = setInterval })
  const store = subject.store(t)
  const told = []
  store.on('expired', (sid, session) => told.push([sid, session.n]))
  globalThis.setInterval = setInterval
  await call(store, 'set', 'a', { cookie: cookieEndingAt(clock.now + 1000), n: 1 })
  await new Promise(resolve => setTimeout(resolve, 200)) // as long as a real timer would have waited, and longer
  clock.advance(1500)
  for (const tick of ticks) tick()
  await until(() => told.length > 0)
  assert.deepEqual(told, [['a', 1]])
})
