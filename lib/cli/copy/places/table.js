'use strict'

const fs = require('fs')
const path = require('path')
const { Database } = require('./database')
const { finite, unbounded } = require('./forever')
const { LAYOUTS, SESSIONS } = require('./layouts')
const Problem = require('../problem')

module.exports = { LAYOUTS, openTable }

/** @typedef {import('./index').Place} Place */

/** How many sessions are read and written at once. */
const PAGE = 250

/**
 * Opens a table of another package.
 *
 * @param {string} file
 * @param {boolean} writes
 * @param {import('./layouts').Layout} layout
 * @param {string} [table]
 */
function openTable (file, writes, layout, table = SESSIONS) {
  const database = new Database(file, writes)
  try {
    if (database.isOurs()) throw new Problem(`${path.resolve(file)} is a file of SQLiteStore, not of ${layout.name}`)
    if (writes) database.query(layout.create(quoted(table)))
    const columns = database.columns(table)
    const missing = layout.columns.filter(column => !columns.includes(column))
    if (missing.length > 0) {
      throw new Problem(`${path.resolve(file)} is no database of ${layout.name}: ` + (columns.length === 0
        ? `it has no table ${table}`
        : `its table ${table} has no ${missing.join(', ')}, but ${columns.join(', ')}`))
    }
    return new Table(database, layout, table)
  } catch (err) {
    database.close()
    throw err
  }
}

/** @implements {Place} */
class Table {
  #database
  #layout
  #table
  #select

  /**
   * @param {Database} database
   * @param {import('./layouts').Layout} layout
   * @param {string} table
   */
  constructor (database, layout, table) {
    const file = fs.realpathSync(database.file)
    this.name = `the ${layout.name} database ${file}`
    this.key = `${layout.name}:${file}?table=${table}`
    this.isHashed = false
    this.#database = database
    this.#layout = layout
    this.#table = quoted(table)
    this.#select = `SELECT ${layout.columns.join(', ')} FROM ${this.#table}`
  }

  async count () {
    return Number(this.#database.query(`SELECT count(*) FROM ${this.#table} WHERE sid > ''`)[0])
  }

  /** By the order of ids: no session moves in it while the app works. */
  async * pages () {
    /** @type {any} */
    let last = ''
    for (;;) {
      const rows = this.#database.rows(`${this.#select} WHERE sid > ? ORDER BY sid LIMIT ${PAGE}`, [last], 3)
      if (rows.length === 0) return
      yield rows.map(row => this.#found(row))
      last = rows[rows.length - 1][0]
      if (typeof last !== 'string') return // an id that is no text: others of them follow, and the store finds none
    }
  }

  /** @param {string[]} sids */
  async read (sids) {
    return this.#read(sids)
  }

  /** @param {string[]} sids */
  #read (sids) {
    const rows = this.#database.rows(`${this.#select} WHERE sid IN (${sids.map(() => '?')})`, sids, 3)
    const bySid = new Map(rows.map(row => [row[0], this.#found(row)]))
    return sids.map(sid => bySid.get(sid))
  }

  /**
   * @param {import('./database').Value[]} row
   * @return {import('./index').Found}
   */
  #found ([sid, text, expiry]) {
    const deadline = unbounded(this.#layout.toDeadline(expiry))
    return {
      sid: typeof sid === 'string' ? sid : undefined,
      text: typeof text === 'string' ? text : undefined,
      deadline,
      problem: Number.isNaN(deadline) ? `its ${this.#layout.columns[2]} is no time` : undefined
    }
  }

  /**
   * @param {import('./index').Entry[]} entries
   * @return {Promise<import('./index').Outcome[]>}
   */
  async write (entries) {
    const { columns, fromDeadline } = this.#layout
    const insert = `INSERT OR REPLACE INTO ${this.#table} (${columns.join(', ')}) VALUES (?, ?, ?)`
    return this.#database.transaction(() => {
      const there = this.#read(entries.map(({ sid }) => sid))
      return entries.map(({ sid, text, deadline, expected }, at) => {
        const found = there[at]
        if ((found && found.text) !== expected || (found !== undefined && expected === undefined)) return 'changed'
        this.#database.query(insert, [sid, text, fromDeadline(finite(deadline))])
        return 'done'
      })
    })
  }

  /** @param {string[]} sids */
  async destroy (sids) {
    this.#database.query(`DELETE FROM ${this.#table} WHERE sid IN (${sids.map(() => '?')})`, sids)
  }

  close () {
    this.#database.close()
  }
}

/** @param {string} name */
function quoted (name) {
  return `"${name.replaceAll('"', '""')}"`
}
