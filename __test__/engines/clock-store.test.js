'use strict'

// The same as clock.test.js through a store's methods, timers and threads.

const assert = require('node:assert/strict')
const path = require('node:path')
const { test } = require('node:test')
const { Worker } = require('node:worker_threads')
const session = require('../..')
const { DAY, fakeClock, HOUR } = require('../helpers/clock')
const { conform } = require('.')

const YEAR = 365 * DAY
const call = (store, method, ...args) => new Promise((resolve, reject) => {
  store[method](...args, (err, value) => err ? reject(err) : resolve(value))
})
const pause = ms => new Promise(resolve => setTimeout(resolve, ms))

async function fill (store, count = 500) {
  const expires = new Date(Date.now() + HOUR)
  for (let n = 0; n < count; n++) await call(store, 'set', 'a' + n, { cookie: { expires }, n })
}

const calls = {
  length: async store => assert.equal(await call(store, 'length'), 0),
  ids: async store => assert.deepEqual(await call(store, 'ids'), []),
  all: async store => assert.deepEqual(Object.keys(await call(store, 'all')), []),
  get: async store => assert.equal(await call(store, 'get', 'a1'), undefined),
  stats: store => store.stats(),
  touch: store => call(store, 'touch', 'a1', { cookie: {} })
}

for (const [name, look] of Object.entries(calls)) {
  conform(`${name} of a store at a clock one year ahead costs no session, and believes the clock`, async (subject, t) => {
    const clock = fakeClock(t, Date.now())
    const store = subject.store(t)
    store.on('expired', sid => assert.fail(sid))
    await fill(store)
    clock.advance(YEAR)
    for (let i = 0; i < 5; i++) await look(store)
    await pause(150)
    clock.advance(-YEAR)
    assert.equal(await call(store, 'length'), 500)
    await pause(150)
    assert.equal(store.stats().expired, 0)
  })
}

conform('checkPeriod comes round while the clock is one year ahead: no session is lost', async (subject, t) => {
  const clock = fakeClock(t, Date.now())
  const store = subject.store(t, { checkPeriod: 20 })
  await fill(store)
  clock.advance(YEAR)
  await pause(150)
  clock.advance(-YEAR)
  assert.equal(await call(store, 'length'), 500)
})

conform('checkPeriod removes what has expired on both clocks', async (subject, t) => {
  const clock = fakeClock(t, Date.now() - DAY)
  const store = subject.store(t, { checkPeriod: 20 })
  await fill(store)
  clock.advance(2 * HOUR)
  for (let i = 0; i < 100 && store.stats().expired < 500; i++) await pause(20)
  assert.equal(store.stats().expired, 500)
})

test('a thread whose clock is ten days ahead costs a shared store no session', { skip: session.native === false && 'needs the binary' }, async t => {
  const store = new session.MemoryStore({ shared: 'clock of a thread' })
  t.after(() => call(store, 'clear'))
  await fill(store)
  const worker = new Worker(`
    const { workerData, parentPort } = require('node:worker_threads')
    const session = require(workerData)
    const { now } = Date
    Date.now = () => now() + 10 * 24 * 60 * 60 * 1000
    const store = new session.MemoryStore({ shared: 'clock of a thread' })
    store.on('expired', () => {})
    store.get('a1', () => store.length((err, length) => store.ids((err, ids) => {
      store.stats()
      store.set('other', { cookie: {} }, () => setTimeout(() => parentPort.postMessage({ length, ids: ids.length }), 400))
    })))
  `, { eval: true, workerData: path.join(__dirname, '..', '..') })
  const seen = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
  await worker.terminate()
  assert.deepEqual(seen, { length: 0, ids: 0 })
  assert.equal((await call(store, 'ids')).filter(sid => sid !== 'other').length, 500)
})
