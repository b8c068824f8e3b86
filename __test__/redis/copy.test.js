'use strict'

// `express-session-native copy` from and to Redis, with each client that a project may have.

const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const path = require('node:path')
const { after, before, test } = require('node:test')
const { needsBinary } = require('../helpers/binary')
const { clusterMissing, missing, startCluster, startRedis } = require('./servers')

if (needsBinary.skip) return test('copy', needsBinary)

const upstream = require('express-session') // of this folder: connect-redis inherits from its Store
const { newFile, referenceTo } = require('../engines/sqlite')
const session = require('../..')
const { contentOf, copied, copy, writers } = require('../helpers/copy')
const { serve } = require('../helpers/server')
const { clientsOf } = require('./clients')

const HOUR = 3600_000
const SECOND = 1000
const BIN = path.join(__dirname, '../../bin/express-session-native.js')
const PACKAGES = ['redis-5', 'redis-6', 'ioredis-5', 'ioredis-6']

let server
before(async () => { if (!missing) server = await startRedis('--databases', 32) })
after(() => server?.kill())

const home = process.cwd()
let databases = 0

/** An empty database of the server, and a project that has a client. */
function projectWith (t, name) {
  const folder = newFile()
  fs.mkdirSync(path.join(folder, 'node_modules'), { recursive: true })
  if (name !== undefined) {
    fs.symlinkSync(path.join(__dirname, 'node_modules', name), path.join(folder, 'node_modules', name.split('-')[0]), 'junction')
  }
  process.chdir(folder)
  t.after(() => process.chdir(home))
  return () => `redis://127.0.0.1:${server.port}/${databases++}`
}

const soon = Date.now() + HOUR
const rowOf = (sid, n, deadline = soon) => [sid, { cookie: { originalMaxAge: HOUR, path: '/' }, n, text: 'Zo\xeb \u{1f600}' }, deadline]

function folderOf (...rows) {
  const folder = newFile()
  writers['session-file-store'](folder, rows)
  return folder
}

/** Each session's number by id, and whether its deadline is where it was: Redis counts from its own now. */
function same (content, rows, isHashed) {
  assert.deepEqual(Object.keys(content).sort(), rows.map(([sid]) => isHashed ? referenceTo(sid) : sid).sort())
  for (const [sid, session, deadline] of rows) {
    const found = content[isHashed ? referenceTo(sid) : sid]
    assert.deepEqual(found.session, session)
    assert.ok(found.deadline === deadline || Math.abs(found.deadline - deadline) < 10 * SECOND, `${sid}: ${found.deadline - deadline} ms`)
  }
}

for (const name of PACKAGES) {
  test(`${name}: from files to Redis, on to other keys, and back`, { skip: missing }, async t => {
    const next = projectWith(t, name)
    const [first, second, file, back] = [next(), `${next()}?prefix=app:`, newFile(), newFile()]
    const rows = [rowOf('a', 1), rowOf('b c', 2), rowOf('endless', 3, Infinity)]
    writers['connect-sqlite3'](file, rows.map(([sid, session, deadline]) => [sid, session, deadline === Infinity ? Date.UTC(9999, 11, 31) : deadline]))
    assert.deepEqual(await copied(file, first), { copied: 3 })
    same(await contentOf(first), rows)
    assert.deepEqual(await copied(file, first), { 'already there': 3 })
    assert.deepEqual(await copied(first, second), { copied: 3 })
    same(await contentOf(second), rows)
    assert.deepEqual(await contentOf(second.replace('app:', 'other:')), {})
    assert.deepEqual(await copied(second, back), { copied: 3 })
    same(await contentOf(back), rows, true)

    // What is there stays, unless it is told otherwise.
    assert.deepEqual(await copied(folderOf(rowOf('a', 7, soon + HOUR), rowOf('b c', 7, soon - HOUR / 2)), first), { 'already there': 2 })
    assert.deepEqual(await copied(folderOf(rowOf('a', 7, soon + HOUR), rowOf('b c', 7, soon - HOUR / 2)), first, '--newer'), { 'already there': 1, updated: 1 })
    same(await contentOf(first), [rowOf('a', 7, soon + HOUR), ...rows.slice(1)])
  })

  test(`${name}: errors name the server`, { skip: missing }, async t => {
    projectWith(t, name)
    const locked = await startRedis('--requirepass', 'hunter2')
    t.after(() => locked.kill())
    for (const [url, word] of [
      [`redis://127.0.0.1:${locked.port}`, 'NOAUTH'],
      [`redis://:wrong@127.0.0.1:${locked.port}`, 'WRONGPASS'],
      ['redis://127.0.0.1:1', 'ECONNREFUSED']
    ]) {
      const { status, err } = await copy(url, newFile())
      assert.equal(status, 1)
      assert.match(err, /^express-session-native copy: Redis at redis:\/\/127\.0\.0\.1:\d+ [^\n]+\n$/)
      assert.ok(err.includes(word), err)
      assert.doesNotMatch(err, /wrong@|hunter2/)
    }
    assert.deepEqual(await copied(`redis://:hunter2@127.0.0.1:${locked.port}`, newFile()), {})
  })

  test(`${name}: a cluster`, { skip: clusterMissing }, async t => {
    projectWith(t, name)
    const nodes = await startCluster()
    t.after(() => Promise.all(nodes.map(node => node.kill())))
    const url = `redis://127.0.0.1:${nodes[1].port}`
    const rows = Array.from({ length: 40 }, (_, n) => rowOf(`id-${n}`, n))
    assert.deepEqual(await copied(folderOf(...rows), url), { copied: 40 })
    const file = newFile()
    assert.deepEqual(await copied(url, file), { copied: 40 })
    same(await contentOf(file), rows, true)
  })
}

test('keys that hold no session are left out, and the journal works', { skip: missing }, async t => {
  const url = projectWith(t, 'redis-5')()
  const client = await clientsOf('redis 5').single(t, server.port, { database: Number(url.split('/').pop()) })
  const [file, journal] = [newFile(), newFile()]
  await client.lPush('sess:list', 'x')
  await client.set('sess:text', 'x')
  await client.set('other', 'x')
  await copied(folderOf(rowOf('a', 1), rowOf('b', 1), rowOf('c', 1)), url)
  assert.deepEqual(await copied(url, file, '--journal', journal), { copied: 3, unreadable: 2 })
  const [, changed] = rowOf('b', 2)
  await client.set('sess:b', JSON.stringify(changed), { EX: 7200 })
  await client.del('sess:c')
  assert.deepEqual(await copied(url, file, '--journal', journal), {
    'already there': 1, updated: 1, 'logged out at the source since': 1, unreadable: 2
  })
  same(await contentOf(file), [rowOf('a', 1), rowOf('b', 2, Date.now() + 2 * HOUR)], true)
})

test('a logout at Redis is kept with a journal', { skip: missing }, async t => {
  const url = projectWith(t, 'redis-5')()
  const client = await clientsOf('redis 5').single(t, server.port, { database: Number(url.split('/').pop()) })
  const [source, journal] = [folderOf(rowOf('a', 1), rowOf('b', 1), rowOf('c', 1)), newFile()]
  await copied(source, url, '--journal', journal)
  await client.del('sess:a')
  fs.rmSync(path.join(source, 'b.json'))
  assert.deepEqual(await copied(source, url, '--journal', journal), {
    'already there': 1, 'logged out at the target': 1, 'logged out at the source since': 1
  })
  assert.deepEqual(await client.keys('*'), ['sess:c'])
})

test('a server that goes away in the middle: an error, and the next run goes on', { skip: missing }, async t => {
  projectWith(t, 'redis-5')
  const [source, lost, again] = [newFile(), await startRedis(), await startRedis()]
  t.after(() => again.kill())
  const COUNT = 3000
  writers['connect-sqlite3'](source, Array.from({ length: COUNT }, (_, n) => rowOf(`id-${n}`, n)))
  const child = spawn(process.execPath, [BIN, 'copy', source, `redis://127.0.0.1:${lost.port}`], { stdio: ['ignore', 'ignore', 'pipe'] })
  let err = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    if (err === '') lost.kill()
    err += text
  })
  const [status] = await once(child, 'close')
  assert.equal(status, 1, err)
  assert.match(err, /copy: Redis at redis:[^\n]+\n$/)
  assert.deepEqual(await copied(source, `redis://127.0.0.1:${again.port}`), { copied: COUNT })
})

test('a client of connect-redis keeps its session under SQLiteStore, and one of SQLiteStore\'s peers under RedisStore', { skip: missing }, async t => {
  const url = projectWith(t, 'redis-5')()
  const client = await clientsOf('redis 5').single(t, server.port, { database: Number(url.split('/').pop()) })
  const options = { secret: 'keyboard cat', resave: false, saveUninitialized: false, cookie: { maxAge: HOUR } }
  const views = (req, res) => {
    req.session.views = (req.session.views || 0) + 1
    res.end(String(req.session.views))
  }
  const { RedisStore } = require('connect-redis-9')
  const before = await serve(t, upstream({ ...options, store: new RedisStore({ client }) }), views)
  const browser = before.browser()
  await browser.get('/')

  const [file, other] = [newFile(), newFile()]
  assert.deepEqual(await copied(url, file), { copied: 1 })
  const store = new session.SQLiteStore({ file })
  t.after(() => store.close())
  const local = await serve(t, session({ ...options, store }), views)
  assert.equal((await local.get('/', { cookie: browser.cookie })).body, '2')

  assert.deepEqual(await copied(url, `better-sqlite3-session-store:${other}`), { copied: 1 })
  await client.flushDb()
  assert.deepEqual(await copied(other, url), { copied: 1 })
  const far = await serve(t, session({ ...options, store: new session.RedisStore({ client }) }), views)
  assert.equal((await far.get('/', { cookie: browser.cookie })).body, '2')
})
