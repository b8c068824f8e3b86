'use strict'

const { createHash } = require('crypto')
const fs = require('fs')
const path = require('path')
const { setTimeout: sleep } = require('timers/promises')
const { RANK } = require('../../../stores/engine')
const rankOf = require('../../../stores/rank')
const { refuseNetworkFile } = require('../../../stores/sqlite/network-file')
const { readOptions } = require('../../../stores/sqlite/options')
const { Database } = require('./database')
const Problem = require('../problem')

module.exports = openSessionsFile

/** @typedef {import('./index').Place} Place */

/** How many sessions are read and written at once. */
const PAGE = 250
/** `PRAGMA user_version` that this release reads. */
const VERSION = 1
/** How long a write waits for the processes that use the file, and how long between two tries, in milliseconds. */
const PATIENCE = 10_000
const PAUSE = 5

const SELECT = 'SELECT lower(hex(key)), deadline, rank, cookie, data FROM sessions'

/**
 * Opens a file of SQLiteStore.
 *
 * @param {string} file
 * @param {boolean} writes
 */
function openSessionsFile (file, writes) {
  // A new file is made by the engine, for its owner alone.
  const engine = writes ? engineOn(file) : undefined
  try {
    const database = new Database(file, false)
    try {
      if (!database.isOurs()) throw new Problem(`${path.resolve(file)} is no file of SQLiteStore, but another SQLite database`)
      if (Number(database.query('PRAGMA user_version')[0]) !== VERSION) {
        throw new Problem(`${path.resolve(file)} was written by a later release of this package`)
      }
      return new SessionsFile(file, database, engine)
    } catch (err) {
      database.close()
      throw err
    }
  } catch (err) {
    if (engine !== undefined) engine.close()
    throw err
  }
}

/**
 * @param {string} file
 * @return {import('../../../stores/sqlite/engine')}
 */
function engineOn (file) {
  try {
    const options = readOptions({ file })
    refuseNetworkFile(options.file)
    const { SQLiteEngine } = require('../../../native')
    return new SQLiteEngine(options)
  } catch (err) {
    throw new Problem(/** @type {Error} */ (err).message)
  }
}

/** @implements {Place} */
class SessionsFile {
  #database
  #engine

  /**
   * @param {string} file
   * @param {Database} database
   * @param {import('../../../stores/sqlite/engine')|undefined} engine
   */
  constructor (file, database, engine) {
    const real = fs.realpathSync(file)
    this.name = `the SQLiteStore file ${real}`
    this.key = `sqlite:${real}`
    this.isHashed = true
    this.#database = database
    this.#engine = engine
  }

  async count () {
    return Number(this.#database.query('SELECT count(*) FROM sessions')[0])
  }

  async * pages () {
    let last = ''
    for (;;) {
      const rows = this.#database.rows(`${SELECT} WHERE key > unhex(?) ORDER BY key LIMIT ${PAGE}`, [last], 5)
      if (rows.length === 0) return
      yield rows.map(found)
      last = String(rows[rows.length - 1][0])
    }
  }

  /** @param {string[]} sids */
  async read (sids) {
    const keys = sids.map(keyOf)
    const rows = this.#database.rows(`${SELECT} WHERE key IN (${keys.map(() => 'unhex(?)')})`, keys, 5)
    const byKey = new Map(rows.map(row => [row[0], found(row)]))
    return keys.map(key => byKey.get(key))
  }

  /**
   * @param {import('./index').Entry[]} entries
   * @return {Promise<import('./index').Outcome[]>}
   */
  async write (entries) {
    const engine = /** @type {import('../../../stores/sqlite/engine')} */ (this.#engine)
    const sessions = entries.map(entry => ({ ...entry, rank: entry.rank === undefined ? rankOfText(engine, entry.text) : entry.rank }))
    const until = Date.now() + PATIENCE
    for (;;) {
      const outcomes = this.#ask(() => engine.import(sessions, Date.now()))
      if (outcomes !== undefined) return outcomes
      if (Date.now() > until) throw new Problem(`${this.name} is locked: another process holds it, or was stopped in the middle of a write`)
      await sleep(PAUSE)
    }
  }

  /** @param {string[]} sids */
  async destroy (sids) {
    const engine = /** @type {import('../../../stores/sqlite/engine')} */ (this.#engine)
    for (const sid of sids) {
      await new Promise((resolve, reject) => engine.destroy(sid, Date.now(), err => err ? reject(new Problem(err.message)) : resolve(undefined)))
    }
  }

  close () {
    this.#database.close()
    if (this.#engine !== undefined) this.#engine.close()
  }

  /**
   * @template T
   * @param {() => T} call
   */
  #ask (call) {
    try {
      return call()
    } catch (err) {
      throw new Problem(/** @type {Error} */ (err).message)
    }
  }
}

/**
 * Other stores have no ranks. A session was there before the strangers that come now, or its user has signed in.
 *
 * @param {import('../../../stores/sqlite/engine')} engine
 * @param {string} text
 */
function rankOfText (engine, text) {
  return rankOf(engine.options, JSON.parse(text), RANK.ESTABLISHED)
}

/** @param {string} sid or a reference */
function keyOf (sid) {
  return sid.startsWith('ref:') ? sid.slice('ref:'.length) : createHash('sha256').update(sid).digest('hex')
}

/**
 * @param {import('./database').Value[]} row
 * @return {import('./index').Found}
 */
function found ([key, deadline, rank, cookie, data]) {
  // A text that has no UTF-8.
  const rest = typeof data === 'string' ? data : /** @type {Buffer} */ (data).toString('utf16le')
  return {
    sid: `ref:${key}`,
    text: cookie === null ? rest : `{"cookie":${cookie}${rest.length > 2 ? ',' : ''}${rest.slice(1)}`,
    deadline: deadline === null ? Infinity : Number(deadline),
    rank: Number(rank)
  }
}
