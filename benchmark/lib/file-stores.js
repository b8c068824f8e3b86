'use strict'

/*
 * Stores that keep their sessions in files, each in a folder of its own unless it is told one. Those of others are
 * installed for the store matrix (`npm run test:stores`).
 */

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const { createRequire } = require('node:module')
const os = require('node:os')
const path = require('node:path')

const HOUR = 60 * 60 * 1000
const peers = createRequire(path.join(__dirname, '../../__test__/stores/stores.js'))

/** How each is opened. */
const STORES = {
  'ours-sqlite': ({ SQLiteStore }, folder) => new SQLiteStore({ file: path.join(folder, 'sessions.db') }),
  'ours-sqlite-full': ({ SQLiteStore }, folder) => new SQLiteStore({ file: path.join(folder, 'sessions.db'), durability: 'full' }),
  'better-sqlite3': (session, folder) => betterSqlite(session, folder),
  'better-sqlite3-wal': (session, folder) => betterSqlite(session, folder, (client) => {
    client.pragma('journal_mode = WAL')
    client.pragma('synchronous = NORMAL')
  }),
  'connect-sqlite3': (session, folder) => new (peers('connect-sqlite3')(session))({ dir: folder, db: 'sessions.db' }),
  'session-file-store': (session, folder) => (
    new (peers('session-file-store')(session))({ path: folder, logFn: () => {}, reapInterval: -1 })
  ),
  'connect-loki': (session, folder) => opened(new (peers('connect-loki')(session))({ path: path.join(folder, 'loki.json'), ttl: 3600 })),
  level: (session, folder) => opened(new (peers('level-session-store')(session))(path.join(folder, 'level')))
}

function betterSqlite (session, folder, prepare = () => {}) {
  const client = new (peers('better-sqlite3'))(path.join(folder, 'sessions.db'), { timeout: 60_000 })
  prepare(client)
  return new (peers('better-sqlite3-session-store')(session))({ client, expired: { clear: true, intervalMs: HOUR } })
}

function opened (store) {
  return new Promise((resolve) => store.once('connect', () => resolve(store)))
}

const found = new Map()
let node = process.execPath

/** Says which Node is measured: addons of others are built for one version. */
function use (path) {
  node = path
}

/** Why a contestant can not run there, or undefined. */
function missing (contestant) {
  const key = `${node} ${contestant}`
  if (!found.has(key)) {
    const { status, stderr } = spawnSync(node, [__filename, contestant], { encoding: 'utf8' })
    found.set(key, status === 0 ? undefined : `${contestant} (${/Error: (.*)/.exec(stderr)?.[1] ?? `status ${status}`})`)
  }
  return found.get(key)
}

function open (session, contestant, folder = newFolder()) {
  return STORES[contestant](session, folder)
}

/** In the folder for temporary files, on whose disk all depends. It is gone when the process ends. */
function newFolder () {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'benchmark-'))
  process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}

if (require.main === module) Promise.resolve(open(require('../..'), process.argv[2])).then(() => process.exit())

module.exports = { has: (contestant) => Object.hasOwn(STORES, contestant), missing, newFolder, open, use }
