'use strict'

// `express-session-native copy`, between files and folders. __test__/redis has Redis, __test__/stores the real packages.

const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const path = require('node:path')
const { test } = require('node:test')
const { needsBinary } = require('../helpers/binary')

if (needsBinary.skip) return test('copy', needsBinary)

const { newFile, referenceTo } = require('../engines/sqlite')
const upstream = require('express-session')
const session = require('../..')
const { Database } = require('../../lib/cli/copy/places/database')
const { progressOf } = require('../../lib/cli/copy/progress')
const { DONE } = require('../../lib/stores/engine')
const SQLiteEngine = require('../../lib/stores/sqlite/engine')
const { engineOf } = require('../../lib/stores/store-engine')
const { ask } = require('../helpers/calls')
const { change, contentOf, copied, copy, writers } = require('../helpers/copy')
const { serve } = require('../helpers/server')

const HOUR = 3600_000
const BIN = path.join(__dirname, '../../bin/express-session-native.js')
const PEERS = Object.keys(writers)

const soon = Math.floor(Date.now() / 1000) * 1000 + HOUR
const sessionWith = (data, life = HOUR) => ({ cookie: { originalMaxAge: life, expires: new Date(soon).toISOString(), httpOnly: true, path: '/' }, ...data })
const ALIVE = [
  ['plain', sessionWith({ user: 'ann' }), soon],
  ['other words', sessionWith({ text: 'Zo\xeb \u65e5 \u{1f600} "\\', list: [1, null, { a: 1.5 }] }), soon + 1],
  ['no-data', sessionWith({}), soon],
  ['without-age', { cookie: { originalMaxAge: null, expires: null, path: '/' }, n: 1 }, soon + 5000]
]
const EXPIRED = ['late', sessionWith({ n: 2 }), Date.now() - 1000]

/** What is to be found of the sessions, under ids or references. */
function expected (rows, isHashed) {
  return Object.fromEntries(rows.map(([sid, session, deadline]) => [isHashed ? referenceTo(sid) : sid, { session, deadline }]))
}

/** A file of SQLiteStore with some sessions. */
async function storeFile (rows, file = newFile()) {
  const counts = await copied(folderOf(rows), `sqlite:${file}`)
  assert.equal(counts.copied, rows.length)
  return file
}

function folderOf (rows, folder = newFile()) {
  writers['session-file-store'](folder, rows)
  return folder
}

/** Does something with a SQLiteStore on a file, as the app does. */
async function withStore (file, work) {
  const store = new session.SQLiteStore({ file })
  try {
    return await work(store)
  } finally {
    store.close()
  }
}

for (const from of PEERS) {
  test(`${from}: ids, JSON and deadlines stay, in every other store`, async () => {
    const source = newFile()
    writers[from](source, [...ALIVE, EXPIRED])
    const before = fs.statSync(source).isFile() ? fs.readFileSync(source) : undefined
    for (const to of ['sqlite', ...PEERS]) {
      const target = newFile()
      assert.deepEqual(await copied(source, `${to}:${target}`), { copied: ALIVE.length, expired: 1 }, to)
      assert.deepEqual(await contentOf(target), expected(ALIVE, to === 'sqlite'), to)
      if (process.platform !== 'win32') assert.equal(fs.statSync(target).mode & 0o077, 0, `${to}: for its owner alone`)
      // Again: it goes on where it was, and here nothing is left to do.
      assert.deepEqual(await copied(`${from}:${source}`, target), { 'already there': ALIVE.length, expired: 1 }, to)
      assert.deepEqual(await contentOf(target), expected(ALIVE, to === 'sqlite'), to)
    }
    if (before !== undefined) assert.deepEqual(fs.readFileSync(source), before)
  })
}

test('SQLiteStore: hashes and ranks go into another file, and nowhere else', async () => {
  const file = await storeFile([...ALIVE, ['signed-in', sessionWith({ user: 1 }), soon]])
  const second = newFile()
  assert.deepEqual(await copied(file, second), { copied: 5 })
  assert.deepEqual(await contentOf(second), await contentOf(file))
  assert.deepEqual(change(second, database => database.query('SELECT rank FROM sessions ORDER BY rank')), [2, 2, 2, 3, 3])
  await withStore(second, async store => {
    assert.equal((await ask(store, 'get', 'plain')).user, 'ann')
    assert.deepEqual([await ask(store, 'length'), store.stats().sessions], [5, 5])
  })
  for (const target of [`connect-sqlite3:${newFile()}`, `session-file-store:${newFile()}`, 'redis://127.0.0.1:1', folderOf([])]) {
    const { status, err } = await copy(file, target)
    assert.equal(status, 1)
    assert.match(err, /SHA-256/)
    assert.ok(err.includes(file), err)
    assert.ok(!fs.existsSync(target.replace(/^[^:]*:/, '')) || target.startsWith('/'), 'nothing is made')
  }
})

test('what is at the target stays; with --newer it gives way to what expires later', async () => {
  for (const to of ['sqlite', ...PEERS]) {
    const target = newFile()
    const first = [['a', sessionWith({ n: 'target' }), soon + 1000], ['b', sessionWith({ n: 'target' }), soon + 1000], ['c', sessionWith({ n: 'target' }), soon]]
    await copied(folderOf(first), `${to}:${target}`)
    const source = folderOf([['a', sessionWith({ n: 'source' }), soon], ['b', sessionWith({ n: 'source' }), soon + 2000], ['c', sessionWith({ n: 'source' }), soon + 500]])
    assert.deepEqual(await copied(source, target), { 'already there': 3 }, to)
    assert.deepEqual(await copied(source, target, '--newer'), { updated: 1, 'already there': 2 }, to)
    const found = Object.values(await contentOf(target)).map(({ session, deadline }) => [session.n, deadline])
    assert.deepEqual(found.sort(), [['source', soon + 2000], ['target', soon], ['target', soon + 1000]], to)
  }
})

test('a session that has expired at the target is no obstacle', async () => {
  for (const to of ['sqlite', ...PEERS]) {
    const target = newFile()
    await copied(folderOf([['a', sessionWith({ n: 1 }), soon]]), `${to}:${target}`)
    const past = Date.now() - 1
    const write = { sid: 'a', session: sessionWith({ n: 1 }), deadline: past, rank: 0, now: past - 1 }
    if (to === 'sqlite') await withStore(target, store => assert.equal(engineOf(store).commit(write), DONE))
    else writers[to](target, [['a', write.session, past]])
    assert.deepEqual(await copied(folderOf([['a', sessionWith({ n: 2 }), soon]]), target).then(counts => counts['already there']), undefined, to)
    assert.deepEqual(Object.values(await contentOf(target)).map(({ session }) => session.n), [2], to)
  }
})

test('who has logged out of the SQLiteStore stays out', async () => {
  const source = folderOf(ALIVE)
  const file = await storeFile(ALIVE)
  await withStore(file, store => ask(store, 'destroy', 'plain'))
  assert.deepEqual(await copied(source, file, '--newer'), { 'already there': 3, 'logged out at the target': 1 })
  assert.equal((await contentOf(file))[referenceTo('plain')], undefined)
})

test('a journal: what has changed since the last copy is brought over, and logouts at either end', async () => {
  const row = (sid, n, deadline = soon) => [sid, sessionWith({ n }), deadline]
  for (const to of ['sqlite', 'connect-sqlite3', 'session-file-store']) {
    const [source, target, journal] = [newFile(), newFile(), newFile()]
    const from = `better-sqlite3-session-store:${source}`
    const again = () => copied(from, `${to}:${target}`, '--journal', journal)
    const write = rows => writers['better-sqlite3-session-store'](source, rows)
    write(['same', 'changed', 'both', 'touched', 'out-there', 'out-here'].map(sid => row(sid, 1)))
    assert.deepEqual(await again(), { copied: 6 }, to)
    if (process.platform !== 'win32') assert.equal(fs.statSync(journal).mode & 0o777, 0o600)
    assert.doesNotMatch(fs.readFileSync(journal, 'utf8'), /same|touched/, 'no ids')

    // The old app and the new one both have requests.
    write([row('changed', 2), row('both', 2), row('touched', 1, soon + 9000), row('new', 1)])
    change(source, database => database.query('DELETE FROM sessions WHERE sid = ?', ['out-here']))
    const place = await require('../../lib/cli/copy/places').openPlace(`${to}:${target}`, true)
    const [both] = await place.read(['both'])
    await place.write([{ ...both, sid: 'both', text: both.text.replace('"n":1', '"n":3'), expected: both.text }])
    await place.destroy(['out-there'])
    await place.close()
    fs.appendFileSync(journal, 'half a li')

    assert.deepEqual(await again(), {
      copied: 1, updated: 2, 'already there': 2, 'logged out at the target': 1, 'logged out at the source since': 1
    }, to)
    const content = await contentOf(target)
    const found = Object.fromEntries(['same', 'changed', 'both', 'touched', 'new'].map(sid => {
      const { session, deadline } = content[to === 'sqlite' ? referenceTo(sid) : sid]
      return [sid, [session.n, deadline - soon]]
    }))
    assert.deepEqual(found, { same: [1, 0], changed: [2, 0], both: [3, 0], touched: [1, 9000], new: [1, 0] }, to)
    assert.equal(Object.keys(content).length, 5, to)

    assert.deepEqual(await again(), { 'already there': 5, 'logged out at the target': 1 }, to)

    // A source that was emptied is no reason to log everybody out.
    change(source, database => database.query('DELETE FROM sessions'))
    const { status, out, err } = await copy(from, `${to}:${target}`, '--journal', journal)
    assert.equal(status, 1)
    assert.match(err, /^[^\n]*emptied[^\n]*\n$/)
    assert.match(out, /^copied: 0$/m)
    assert.equal(Object.keys(await contentOf(target)).length, 5)
  }
})

test('what can not be read is left out, and the reason is told', async () => {
  const source = newFile()
  writers['connect-sqlite3'](source, [['good', sessionWith({}), soon], ['no-time', sessionWith({}), 'tomorrow'], [`ref:${'0'.repeat(64)}`, sessionWith({}), soon]])
  const texts = { 'not-json': '{"cookie":', list: '[]', none: 'null', 'no-cookie': '{"a":1}' }
  change(source, database => {
    for (const [sid, text] of Object.entries(texts)) database.query('INSERT INTO sessions VALUES (?, ?, ?)', [sid, soon, text])
    database.query('INSERT INTO sessions VALUES (?, ?, unhex(\'00\'))', ['blob', soon])
    database.query('INSERT INTO sessions VALUES (unhex(\'00\'), ?, ?)', [soon, '{}'])
  })
  const { status, out } = await copy(source, newFile())
  assert.equal(status, 0)
  assert.match(out, /^copied: 1\n[^]*^unreadable, left out: 8\n/m)
  for (const reason of ['not JSON', 'its JSON is no object', 'no cookie', 'no text', 'no time', 'no id', 'ref:']) assert.ok(out.includes(reason), reason)
  assert.doesNotMatch(out, /good|not-json/, 'no ids')

  const other = newFile()
  writers['connect-sqlite3'](other, [['../up', sessionWith({}), soon], ['x'.repeat(300), sessionWith({}), soon], ['fine', sessionWith({}), soon]])
  const folder = newFile()
  assert.deepEqual(await copied(other, `session-file-store:${folder}`), { copied: 1, unreadable: 2 })
  assert.deepEqual(fs.readdirSync(folder), ['fine.json'])
})

test('options of a store: table, ttl, extension', async () => {
  const source = newFile()
  const rows = [['a', { cookie: { originalMaxAge: null, path: '/' } }, soon]]
  writers['connect-sqlite3'](source, rows, '"my sessions"')
  const folder = newFile()
  assert.deepEqual(await copied(`connect-sqlite3:${source}?table=my sessions`, `session-file-store:${folder}?ttl=60&extension=.sess`), { copied: 1 })
  assert.equal(JSON.parse(fs.readFileSync(path.join(folder, 'a.sess'), 'utf8')).__lastAccess, soon - 60_000)
  const target = newFile()
  assert.deepEqual(await copied(`session-file-store:${folder}?ttl=60&extension=.sess`, target), { copied: 1 })
  assert.deepEqual(await contentOf(target), expected(rows, true))
})

test('what a program has left that was killed is read, and stays as it is', async () => {
  const [live, killed] = [newFile(), newFile()]
  change(live, database => {
    database.query('PRAGMA journal_mode = WAL')
    writers['connect-sqlite3'](database, ALIVE)
    for (const end of ['', '-wal']) fs.copyFileSync(live + end, killed + end)
  })
  const before = ['', '-wal'].map(end => fs.readFileSync(killed + end))
  assert.deepEqual(await copied(killed, newFile()), { copied: ALIVE.length })
  assert.deepEqual(['', '-wal'].map(end => fs.readFileSync(killed + end)), before)
})

test('a target that another process is writing to is waited for', async t => {
  const target = await storeFile([['other', sessionWith({}), soon]])
  const database = new Database(target, true)
  const { import: original } = SQLiteEngine.prototype
  t.after(() => {
    SQLiteEngine.prototype.import = original
    database.close()
  })
  let isBusy = true
  SQLiteEngine.prototype.import = function (...args) {
    const outcomes = original.apply(this, args)
    if (isBusy) {
      assert.equal(outcomes, undefined)
      isBusy = false
      database.query('COMMIT')
    }
    return outcomes
  }
  database.query('BEGIN IMMEDIATE')
  assert.deepEqual(await copied(folderOf(ALIVE), target), { copied: ALIVE.length })
  assert.ok(!isBusy)
})

test('bad arguments: one sentence that names them, and the exit code 1', async () => {
  const text = newFile()
  fs.writeFileSync(text, 'no database, but some text that is longer than a header of SQLite would be, which has a hundred bytes')
  const foreign = newFile()
  change(foreign, database => database.query('CREATE TABLE sessions (id, data)'))
  const empty = newFile()
  change(empty, database => database.query('CREATE TABLE users (id)'))
  const [source, ours, journal] = [folderOf(ALIVE), await storeFile(ALIVE), newFile()]
  await copied(source, newFile(), '--journal', journal)
  const none = path.join(newFile(), 'none.db')
  for (const [args, ...words] of [
    [[], 'two arguments'],
    [['a'], 'two arguments', '1'],
    [['a', 'b', 'c'], 'two arguments', '3'],
    [['--force', 'a', 'b'], '--force'],
    [['postgres://x', 'b'], 'postgres:'],
    [['sqlite:', 'b'], 'sqlite:'],
    [[source, 'mongodb:x'], 'mongodb:'],
    [[none, 'b'], none],
    [[`connect-sqlite3:${none}`, 'b'], none],
    [[`session-file-store:${none}`, 'b'], none],
    [[text, 'b'], text, 'no SQLite database'],
    [[`sqlite:${text}`, newFile()], text, 'no SQLite database'],
    [[foreign, 'b'], foreign, 'id, data'],
    [[empty, 'b'], empty],
    [[`connect-sqlite3:${foreign}`, newFile()], foreign, 'sid'],
    [[`connect-sqlite3:${empty}`, newFile()], empty, 'no table sessions'],
    [[`connect-sqlite3:${ours}`, newFile()], ours, 'SQLiteStore'],
    [[`sqlite:${foreign}`, newFile()], foreign, 'SQLiteStore'],
    [[`session-file-store:${text}`, newFile()], text, 'file'],
    [[source, none], none, 'folder'],
    [[source, `connect-sqlite3:${none}`], none, 'folder'],
    [[source, `session-file-store:${text}`], text],
    [[source, `sqlite:${foreign}`], foreign],
    [[source, `session-file-store:${source}`], source, 'both'],
    [[ours, ours], ours, 'both'],
    [[`session-file-store:${source}?ttl=no`, newFile()], 'ttl', '"no"'],
    [[`better-sqlite3-session-store:${foreign}?table=x`, newFile()], '"table"'],
    [['redis://x:y:z', newFile()], 'redis://'],
    [['redis://127.0.0.1:1', newFile()], '127.0.0.1:1'],
    [[source, 'redis://user:hunter2@127.0.0.1:1/2'], 'redis://127.0.0.1:1/2'],
    [['redis://127.0.0.1?scan=1', newFile()], '"scan"'],
    [[source, newFile(), '--journal', journal], journal, 'another copy'],
    [[source, newFile(), '--journal', text], text, 'no journal'],
    [[source, newFile(), '--journal', path.join(none, 'j')], none]
  ]) {
    const { status, out, err } = await copy(...args)
    assert.equal(status, 1, args.join(' '))
    assert.equal(out, '', args.join(' '))
    assert.match(err, /^express-session-native copy: [^\n]+\n$/, args.join(' '))
    for (const word of words) assert.ok(err.includes(word), `${args.join(' ')}: ${err}`)
    assert.doesNotMatch(err, /hunter2/)
  }
  const { status, out } = await copy('--help')
  assert.equal(status, 0)
  for (const word of ['sqlite:', 'redis:', ...PEERS, '--journal', '--newer']) assert.ok(out.includes(word), word)
})

test('progress: a bar on a terminal, lines elsewhere', async () => {
  for (const isTTY of [true, false]) {
    let text = ''
    const stream = { isTTY, columns: 100, write: data => { text += data }, on () {}, once () {}, removeListener () {} }
    const progress = progressOf(stream)
    progress.end() // before it has begun
    assert.equal(text, '')
    progress.start(1000)
    for (let i = 0; i < 100; i++) progress.advance(10)
    progress.end()
    assert.match(text, isTTY ? /\u2588.* 100 % \| 1000 of 1000 sessions/ : /^(\d+ of 1000 sessions\n){9}1000 of 1000 sessions\n$/)
  }
  const { out, err } = await copy(folderOf(ALIVE), newFile())
  assert.equal(err, '4 of 4 sessions\n')
  assert.match(out, /^copied: 4\n/)
})

test('a copy that is killed loses nothing, and goes on', async () => {
  const COUNT = 600
  const source = newFile()
  const folder = newFile()
  writers['connect-sqlite3'](source, Array.from({ length: COUNT }, (_, n) => [`id-${n}`, sessionWith({ n }), soon + n]))
  for (const target of [newFile(), `session-file-store:${folder}`]) {
    const journal = newFile()
    const child = spawn(process.execPath, [BIN, 'copy', source, target, '--journal', journal], { stdio: ['ignore', 'ignore', 'pipe'] })
    child.stderr.once('data', () => child.kill('SIGKILL'))
    await once(child, 'close')
    const counts = await copied(source, target, '--journal', journal)
    assert.equal((counts.copied || 0) + (counts['already there'] || 0), COUNT)
    assert.ok(counts['already there'] > 0)
    const content = await contentOf(target)
    assert.equal(Object.keys(content).length, COUNT)
    for (const { session, deadline } of Object.values(content)) assert.equal(deadline, soon + session.n)
    assert.deepEqual(await copied(source, target, '--journal', journal), { 'already there': COUNT })
  }
  assert.equal(fs.readdirSync(folder).length, COUNT, 'nothing unready is left')
})

test('a client of express-session keeps its session under SQLiteStore', async t => {
  const options = { secret: 'keyboard cat', resave: false, saveUninitialized: false, cookie: { maxAge: HOUR } }
  const count = (req, res) => {
    req.session.views = (req.session.views || 0) + 1
    res.end(String(req.session.views))
  }
  for (const peer of PEERS) {
    const [source, target] = [newFile(), newFile()]
    const old = new upstream.MemoryStore()
    old.set = (sid, session, callback) => {
      writers[peer](source, [[sid, JSON.parse(JSON.stringify(session)), session.cookie.expires.getTime()]])
      upstream.MemoryStore.prototype.set.call(old, sid, session, callback)
    }
    const before = await serve(t, upstream({ ...options, store: old }), count)
    const browser = before.browser()
    await browser.get('/')
    assert.equal((await browser.get('/')).body, '2')
    assert.deepEqual(await copied(source, target), { copied: 1 }, peer)

    const store = new session.SQLiteStore({ file: target })
    t.after(() => store.close())
    const after = await serve(t, session({ ...options, store }), count)
    assert.equal((await after.get('/', { cookie: browser.cookie })).body, '3', peer)
  }
})
