'use strict'

// `express-session-native copy` with the real packages: nobody is logged out, on the way here and on the way back. The
// command runs in a process of its own: two copies of SQLite in one process do not respect each other's locks.

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { test } = require('node:test')
const session = require('../..')
const { ask } = require('../helpers/calls')
const { serve } = require('../helpers/server')

const BIN = path.join(__dirname, '../../bin/express-session-native.js')
const OPTIONS = { secret: 'keyboard cat', resave: false, saveUninitialized: false, cookie: { maxAge: 3600_000 } }

/** Each makes a store of a package, and gives it with what closes it and with its place for the command. */
const peers = {
  'better-sqlite3-session-store' (upstream, folder) {
    const file = path.join(folder, 'sessions.db')
    const client = new (require('better-sqlite3'))(file)
    client.pragma('journal_mode = WAL')
    const Store = require('better-sqlite3-session-store')(upstream)
    const store = new Store({ client, expired: { clear: false } })
    return { store, place: file, close: () => client.close() }
  },
  'connect-sqlite3' (upstream, folder) {
    require.resolve('sqlite3')
    const Store = require('connect-sqlite3')(upstream)
    const store = new Store({ dir: folder, db: 'sessions.db', concurrentDb: true })
    return { store, place: path.join(folder, 'sessions.db'), close: () => new Promise(resolve => store.db.close(resolve)) }
  },
  'session-file-store' (upstream, folder) {
    const Store = require('session-file-store')(upstream)
    const store = new Store({ path: folder, retries: 0, reapInterval: -1, logFn () {} })
    return { store, place: folder, close () {} }
  }
}

function temporary (t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'copy-'))
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}

function copy (...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, 'copy', ...args], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  return stdout
}

function views (req, res) {
  req.session.views = (req.session.views || 0) + 1
  res.end(String(req.session.views))
}

// better-sqlite3-session-store tidies up until the process ends.
const { setInterval } = global
global.setInterval = (...args) => setInterval(...args).unref()

for (const [name, open] of Object.entries(peers)) {
  test(name, async t => {
    let upstream
    let peer
    try {
      upstream = require('express-session')
      peer = open(upstream, temporary(t))
    } catch (err) {
      if (err.code !== 'MODULE_NOT_FOUND') throw err
      return t.skip(err.message.split('\n')[0])
    }
    t.after(() => peer.close())

    const before = await serve(t, upstream({ ...OPTIONS, store: peer.store }), views)
    const browser = before.browser()
    await browser.get('/')
    assert.equal((await browser.get('/')).body, '2')

    // The old app still runs.
    const [file, again] = [path.join(temporary(t), 'new.db'), `${name}:${path.join(temporary(t), 'again')}`]
    assert.match(copy(peer.place, file), /^copied: 1$/m)
    const store = new session.SQLiteStore({ file })
    t.after(() => store.close())
    const after = await serve(t, session({ ...OPTIONS, store }), views)
    assert.equal((await after.get('/', { cookie: browser.cookie })).body, '3')

    // And what the command has written, the package finds.
    assert.match(copy(peer.place, again), /^copied: 1$/m)
    const folder = path.dirname(again.slice(name.length + 1))
    if (name === 'session-file-store') fs.cpSync(path.join(folder, 'again'), folder, { recursive: true })
    else fs.renameSync(path.join(folder, 'again'), path.join(folder, 'sessions.db'))
    const other = open(upstream, folder)
    t.after(() => other.close())
    const back = await serve(t, upstream({ ...OPTIONS, store: other.store }), views)
    assert.equal((await back.get('/', { cookie: browser.cookie })).body, '3')
    const [sid] = /[\w-]{32}/.exec(decodeURIComponent(browser.cookie))
    assert.equal((await ask(other.store, 'get', sid)).views, 3)
  })
}
