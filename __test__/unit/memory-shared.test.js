'use strict'

// shared: 'name': one set of sessions for all threads of the process.

const assert = require('node:assert/strict')
const { execFile } = require('node:child_process')
const path = require('node:path')
const { promisify } = require('node:util')
const { test } = require('node:test')
const { Worker } = require('node:worker_threads')
const { needsBinary } = require('../helpers/binary')
const { ask, until } = require('../helpers/calls')
const { session } = require('../helpers/subject')

const { MemoryStore } = session
const data = n => ({ cookie: {}, n })

/** A store in another thread: `call` asks it, `events` are what it told. */
async function thread (t, options) {
  const worker = new Worker(path.join(__dirname, 'fixtures/shared-worker.js'), { workerData: options })
  t.after(() => worker.terminate())
  const waiting = new Map()
  const events = []
  let count = 0
  worker.on('message', ({ id, event, sid, error, value }) => {
    if (event) return events.push(sid)
    const { resolve, reject } = waiting.get(id)
    error ? reject(new Error(error)) : resolve(value)
  })
  const answer = id => new Promise((resolve, reject) => waiting.set(id, { resolve, reject }))
  await Promise.race([answer('ready'), new Promise((resolve, reject) => worker.on('error', reject))])
  return {
    events,
    worker,
    call (...call) {
      worker.postMessage([++count, ...call])
      return answer(count)
    }
  }
}

test('All threads see what one sets, destroys or clears', needsBinary, async t => {
  const options = { shared: 'a b' }
  const [a, b] = await Promise.all([thread(t, options), thread(t, options)])
  const here = new MemoryStore(options)
  await a.call('set', 'x', data(1))
  assert.deepEqual(await b.call('get', 'x'), data(1))
  assert.deepEqual(await ask(here, 'get', 'x'), data(1))

  await ask(here, 'set', 'y', data(2))
  assert.deepEqual(Object.keys(await b.call('all')).sort(), ['x', 'y'])
  await b.call('destroy', 'x')
  assert.equal(await a.call('get', 'x'), undefined)
  assert.equal(await a.call('length'), 1)
  assert.equal((await b.call('stats')).destroyed, 1)
  await a.call('clear')
  assert.equal(await ask(here, 'length'), 0)
})

test('A store without a name or with another one is not shared', needsBinary, async t => {
  const [named, other, none] = await Promise.all([thread(t, { shared: 'mine' }), thread(t, { shared: 'theirs' }), thread(t, {})])
  const here = new MemoryStore({ shared: 'mine' })
  await ask(here, 'set', 'x', data(1))
  assert.deepEqual(await named.call('get', 'x'), data(1))
  assert.equal(await other.call('get', 'x'), undefined)
  assert.equal(await none.call('get', 'x'), undefined)
  assert.equal(await ask(new MemoryStore(), 'get', 'x'), undefined)
})

test('Cookies stored by one thread are read by another', needsBinary, async t => {
  const options = { shared: 'templates' }
  const a = await thread(t, options)
  const here = new MemoryStore(options)
  const { Cookie } = session
  const texts = new Map()
  for (let i = 0; i < 50; i++) {
    const value = { cookie: new Cookie({ maxAge: 1000 * (i + 1), path: '/' + i % 7, sameSite: i % 2 ? 'lax' : undefined }), i }
    texts.set('s' + i, JSON.stringify(value))
    await ask(here, 'set', 's' + i, value)
  }
  for (const [sid, text] of texts) assert.deepEqual(await a.call('get', sid), JSON.parse(text))
})

test('Every thread gets the events of what another removes', needsBinary, async t => {
  const options = { shared: 'events' }
  const [a, b] = await Promise.all([thread(t, options), thread(t, options)])
  await a.call('set', 'x', data(1))
  await a.call('destroy', 'x')
  await until(() => a.events.length > 0 && b.events.length > 0)
  assert.deepEqual([a.events, b.events], [['x'], ['x']])
})

test('Sessions outlive the worker that made them', needsBinary, async t => {
  const options = { shared: 'outlive' }
  const a = await thread(t, options)
  const b = await thread(t, options)
  await a.call('set', 'x', data(1))
  await a.worker.terminate()
  assert.deepEqual(await b.call('get', 'x'), data(1))
})

test('close() in one thread leaves the sessions to the others', needsBinary, async t => {
  const options = { shared: 'close' }
  const a = await thread(t, options)
  const here = new MemoryStore(options)
  await ask(here, 'set', 'x', data(1))
  here.close()
  assert.deepEqual(await a.call('get', 'x'), data(1))
})

test('The first store sets the bounds, and a store with other bounds is refused by name', needsBinary, async () => {
  const first = new MemoryStore({ shared: 'bounds', max: 10, maxBytes: 100_000 })
  assert.deepEqual(new MemoryStore({ shared: 'bounds', max: 10, maxBytes: 100_000 }).stats().limits, { max: 10, maxBytes: 100_000 })
  assert.throws(() => new MemoryStore({ shared: 'bounds', max: 11, maxBytes: 100_000 }), /\bmax option/)
  assert.throws(() => new MemoryStore({ shared: 'bounds', max: 10, maxBytes: 200_000 }), /\bmaxBytes option/)
  assert.deepEqual(new MemoryStore({ shared: 'bounds' }).stats().limits, { max: 10, maxBytes: 100_000 })
  assert.equal(first.stats().sessions, 0)
})

test('A shared name may be any text', needsBinary, async () => {
  for (const shared of ['ä€💥', '\0', 'x'.repeat(10_000), '__proto__']) {
    const [one, two] = [new MemoryStore({ shared }), new MemoryStore({ shared })]
    await ask(one, 'set', 'x', data(1))
    assert.deepEqual(await ask(two, 'get', 'x'), data(1))
  }
})

test('Twenty workers that are stopped at work leave no lock held', needsBinary, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [path.join(__dirname, 'fixtures/worker-app.js')], { timeout: 20_000 })
  assert.equal(stdout.trim(), 'done 1 true')
})

test('A process with stores, listeners and sessions ends by itself', async () => {
  const source = `
    const { MemoryStore } = require(${JSON.stringify(path.join(__dirname, '../..'))})
    const store = new MemoryStore({ checkPeriod: 1000, dispose () {} })
    store.on('expired', () => {})
    store.set('x', { cookie: { maxAge: 1000000 } })
    if (${session.native}) new MemoryStore({ shared: 'ends' }).set('x', { cookie: {} })
    console.log('done')
  `
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', source], { timeout: 10_000 })
  assert.equal(stdout.trim(), 'done')
})
