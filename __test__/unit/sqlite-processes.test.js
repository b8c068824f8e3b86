'use strict'

// One file, many processes and threads: how they begin, meet and end.

const assert = require('node:assert/strict')
const { AsyncLocalStorage } = require('node:async_hooks')
const { spawn } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const path = require('node:path')
const { test } = require('node:test')
const { needsBinary } = require('../helpers/binary')

if (needsBinary.skip) return test('SQLite in several processes', needsBinary)

const { Worker } = require('node:worker_threads')
const session = require('../..')
const { DONE, DROPPED, PENDING } = require('../../lib/stores/engine')
const { engineOf } = require('../../lib/stores/store-engine')
const { ask, until } = require('../helpers/calls')
const { ask: askEngine, writeOf } = require('../engines/ask')
const { newFile } = require('../engines/sqlite')

const ROOT = path.join(__dirname, '../..')
const HOUR = 60 * 60 * 1000

function open (t, file, options) {
  const store = new session.SQLiteStore({ file, ...options })
  t.after(() => store.close())
  return store
}

/** A process that runs a script with `store`, `ask` and `engine`. */
function run (file, script, args = []) {
  const source = `const session = require(${JSON.stringify(ROOT)})
    const { ask } = require(${JSON.stringify(path.join(ROOT, '__test__/helpers/calls'))})
    const { ask: askEngine, writeOf } = require(${JSON.stringify(path.join(ROOT, '__test__/engines/ask'))})
    const { engineOf } = require(${JSON.stringify(path.join(ROOT, 'lib/stores/store-engine'))})
    const store = new session.SQLiteStore({ file: ${JSON.stringify(file)} })
    const engine = engineOf(store)
    ;(async () => { ${script} })()`
  const child = spawn(process.execPath, [...args, '-e', source], { stdio: ['ignore', 'pipe', 'inherit'] })
  child.output = ''
  child.stdout.on('data', data => { child.output += data })
  child.ended = once(child, 'close').then(([status]) => ({ status, output: child.output.trim() }))
  return child
}

const dataOf = async (store, sid) => (await ask(store, 'get', sid))?.n

test('what one process has stored, another finds, and the other way round', async t => {
  const file = newFile()
  const store = open(t, file)
  await ask(store, 'set', 'a', { cookie: {}, n: 1 })
  const { output } = await run(file, `
    console.log((await ask(store, 'get', 'a')).n)
    await ask(store, 'set', 'b', { cookie: {}, n: 2 })
    await ask(store, 'destroy', 'a')`).ended
  assert.equal(output, '1')
  assert.equal(await dataOf(store, 'b'), 2)
  assert.equal(await dataOf(store, 'a'), undefined)
})

test('a logout is final: a late save in another process is dropped', async t => {
  const file = newFile()
  const [first, second] = [open(t, file), open(t, file)]
  await ask(first, 'set', 'a', { cookie: {}, n: 1 })
  const now = Date.now()
  const { revision } = await askEngine(engineOf(second), 'get', 'a', now)
  await ask(first, 'destroy', 'a')
  const late = { ...writeOf('a', { now }), revision }
  assert.equal(await askEngine(engineOf(second), 'commit', late), DROPPED)
  await ask(first, 'set', 'a', { cookie: {}, n: 2 })
  assert.equal(await askEngine(engineOf(second), 'commit', { ...late }), DROPPED)
  assert.equal(await dataOf(second, 'a'), 2)
})

test('a store that is opened again has all of it, touches and ranks included', async t => {
  const file = newFile()
  const now = Date.now()
  const store = open(t, file)
  const write = writeOf('a', { now, maxAge: HOUR })
  await askEngine(engineOf(store), 'commit', write)
  await askEngine(engineOf(store), 'touch', writeOf('a', { now, maxAge: 5 * HOUR }))
  store.close()
  const again = open(t, file)
  await until(async () => await askEngine(engineOf(again), 'peek', 'a', now + 4 * HOUR) !== undefined)
  assert.equal(again.stats().sessions, 1)
})

for (const [how, end] of [['by itself', ''], ['by process.exit', 'process.exit()']]) {
  test(`a process that ends ${how} writes its touches, and nothing keeps it alive`, async t => {
    const file = newFile()
    const { status, output } = await run(file, `
      const now = ${START()}
      await askEngine(engine, 'commit', writeOf('a', { now, maxAge: ${HOUR} }))
      await askEngine(engine, 'touch', writeOf('a', { now, maxAge: ${5 * HOUR} }))
      console.log(process.getActiveResourcesInfo().filter(name => name !== 'PipeWrap'))
      ${end}`).ended
    assert.deepEqual([status, output], [0, '[]'])
    const store = open(t, file)
    assert.ok(await askEngine(engineOf(store), 'peek', 'a', START() + 4 * HOUR))
  })
}

/** A full hour: the same for all who ask within it. */
function START () {
  return Math.floor(Date.now() / HOUR) * HOUR
}

test('a process lives until its writes are answered', async () => {
  const { status, output } = await run(newFile(), `
    store.destroy('a', err => console.log(err || 'destroyed'))
    console.log(process.getActiveResourcesInfo().filter(name => name !== 'PipeWrap'))`).ended
  assert.deepEqual([status, output.split('\n').at(-1)], [0, 'destroyed'])
})

test('threads share the file, and may be ended at any time', async t => {
  const file = newFile()
  const store = open(t, file)
  const source = `const session = require(${JSON.stringify(ROOT)})
    const store = new session.SQLiteStore({ file: ${JSON.stringify(file)} })
    const loop = n => store.set('thread' + n % 10, { cookie: {}, n }, () => loop(n + 1))
    loop(0)
    store.get('a', (err, found) => require('worker_threads').parentPort.postMessage(found.n))`
  await ask(store, 'set', 'a', { cookie: {}, n: 7 })
  for (let i = 0; i < 3; i++) {
    const worker = new Worker(source, { eval: true })
    assert.deepEqual(await once(worker, 'message'), [7])
    await worker.terminate()
  }
  for (let n = 0; n < 50; n++) await ask(store, 'set', 'b' + n, { cookie: {}, n })
  assert.ok(store.stats().sessions >= 51)
})

test('a second store of a process leaves the locks of the first', { skip: !fs.existsSync('/proc/locks') && 'needs /proc/locks' }, async t => {
  const file = newFile()
  await ask(open(t, file), 'set', 'a', { cookie: {}, n: 1 })
  const { ino } = fs.statSync(file)
  const locks = () => fs.readFileSync('/proc/locks', 'utf8').split('\n').filter(lock => lock.includes(` ${process.pid} `) && lock.includes(`:${ino} `)).length
  assert.equal(locks(), 1)
  for (let i = 0; i < 2; i++) {
    const other = open(t, file)
    assert.equal(locks(), 1, 'opened')
    other.close()
    assert.equal(locks(), 1, 'closed')
  }
})

test('a process that is stopped while it holds the lock: reads go on, writes wait, the event loop does not', { skip: process.platform === 'win32' }, async t => {
  const file = newFile()
  const store = open(t, file)
  const engine = engineOf(store)
  await ask(store, 'set', 'a', { cookie: {}, n: 1 })
  const child = run(file, `
    const pad = 'x'.repeat(4_000_000)
    console.log('ready')
    for (let n = 0; ; n++) await ask(store, 'set', 'large', { cookie: {}, n, pad })`)
  t.after(() => child.kill('SIGKILL'))
  await until(() => child.output.includes('ready'))

  for (let attempt = 0; ; attempt++) {
    assert.ok(attempt < 200, 'it was never stopped in the middle of a write')
    await new Promise(resolve => setTimeout(resolve, Math.random() * 20))
    child.kill('SIGSTOP')
    let answer
    const result = engine.commit(writeOf('b', { now: Date.now(), data: { n: 2 } }), (err, result) => { answer = err || result })
    await new Promise(resolve => setTimeout(resolve, 100))
    if (result !== PENDING || answer !== undefined) {
      child.kill('SIGCONT')
      continue
    }
    assert.equal(await dataOf(store, 'a'), 1)
    let turns = 0
    for (const end = Date.now() + 50; Date.now() < end; turns++) await new Promise(setImmediate)
    assert.ok(turns > 10)
    child.kill('SIGCONT')
    await until(() => answer !== undefined)
    assert.equal(answer, DONE)
    break
  }
  assert.equal(await dataOf(store, 'b'), 2)
})

const YEAR = 365 * 24 * HOUR
for (const [where, jump] of [['ahead', YEAR], ['behind', -YEAR]]) {
  test(`the clock of one of them is a year ${where}: nobody loses a session, and a logout stays`, async t => {
    const file = newFile()
    const right = open(t, file)
    const now = Date.now()
    const out = writeOf('out', { now })
    await askEngine(engineOf(right), 'commit', out)
    await askEngine(engineOf(right), 'commit', writeOf('expired', { now: now - HOUR, maxAge: 1 }))
    for (let n = 0; n < 20; n++) await askEngine(engineOf(right), 'commit', writeOf('a' + n, { now }))

    const wrong = open(t, file)
    right.close()
    await askEngine(engineOf(wrong), 'destroy', 'out', now + jump)
    for (let n = 0; n < 20; n++) await askEngine(engineOf(wrong), 'get', 'a' + n, now + jump)
    if (jump > 0) await until(() => wrong.stats().sessions === 20) // it has swept

    const again = engineOf(open(t, file))
    for (let n = 0; n < 20; n++) assert.ok(await askEngine(again, 'peek', 'a' + n, now), String(n))
    assert.equal(await askEngine(again, 'commit', { ...writeOf('out', { now }), revision: out.revision }), DROPPED)
  })
}

test('processes that open a new file at the same moment all open it', async () => {
  const base = newFile()
  const begin = Date.now() + 1500
  const children = Array.from({ length: 4 }, () => run(base, `
    for (let n = 0; n < 100; n++) {
      while (Date.now() < ${begin} + 10 * n);
      new session.SQLiteStore({ file: ${JSON.stringify(base)} + n, maxBytes: n % 2 ? undefined : 1e6 }).close()
    }`))
  for (const child of children) assert.equal((await child.ended).status, 0)
})

test('many who write at once all get their turn', async t => {
  const file = newFile()
  const stores = Array.from({ length: 4 }, () => open(t, file))
  const writes = stores.map(async (store, at) => {
    for (let n = 0; n < 200; n++) {
      await ask(store, 'set', `${at}.${n % 20}`, { cookie: {}, n })
      if (n % 10 === 0) await ask(store, 'destroy', `${at}.${n % 20}`)
    }
  })
  const child = run(file, 'for (let n = 0; n < 300; n++) await ask(store, "set", "child", { cookie: {}, n })')
  await Promise.all(writes)
  assert.equal((await child.ended).status, 0)
  for (const at of stores.keys()) {
    for (let n = 0; n < 20; n++) assert.equal(await dataOf(stores[0], `${at}.${n}`), n % 10 === 0 ? undefined : 180 + n)
  }
  assert.equal(await dataOf(stores[1], 'child'), 299)
})

test('writes of one session that wait keep their order', async t => {
  const store = open(t, newFile(), { durability: 'full' })
  const answers = []
  await new Promise(resolve => {
    for (let n = 0; n < 20; n++) {
      store.set('a', { cookie: {}, n }, err => {
        answers.push(err || n)
        if (answers.length === 20) resolve()
      })
    }
  })
  assert.deepEqual(answers, Array.from({ length: 20 }, (_, n) => n))
  assert.equal(await dataOf(store, 'a'), 19)
})

test('a callback that comes later runs in the context of its caller', async t => {
  const store = open(t, newFile())
  const context = new AsyncLocalStorage()
  const seen = await Promise.all(['ann', 'bob'].map(name => context.run(name, () => new Promise(resolve => {
    store.destroy(name, () => resolve(context.getStore()))
  }))))
  assert.deepEqual(seen, ['ann', 'bob'])
})

test('what a callback throws is an uncaught exception, and the others are called', async () => {
  const { status, output } = await run(newFile(), `
    process.on('uncaughtException', err => console.log('uncaught', err.message))
    engine.destroy('a', Date.now(), () => { throw new Error('mine') })
    engine.destroy('b', Date.now(), () => console.log('b'))`).ended
  assert.equal(status, 0)
  assert.deepEqual(output.split('\n').sort(), ['b', 'uncaught mine'])
})

test('without the binary, SQLiteStore names it', async () => {
  const source = `try { new (require(${JSON.stringify(ROOT)}).SQLiteStore)({ file: 'never.db' }) } catch (err) { console.log(err.message) }`
  const child = spawn(process.execPath, ['--no-addons', '-e', source], { stdio: ['ignore', 'pipe', 'ignore'] })
  let output = ''
  for await (const data of child.stdout) output += data
  assert.match(output, /SQLiteStore needs the binary of express-session-native/)
  assert.match(output, /--no-addons/)
})

test('a package that makes no SQLiteStore loads nothing of it', async () => {
  const source = `const session = require(${JSON.stringify(ROOT)}); new session.MemoryStore()
    console.log(Object.keys(require.cache).filter(name => /stores.sqlite.(engine|options)/.test(name)).length)`
  const child = spawn(process.execPath, ['-e', source], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  for await (const data of child.stdout) output += data
  assert.equal(output.trim(), '0')
})
