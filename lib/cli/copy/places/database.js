'use strict'

const fs = require('fs')
const path = require('path')
const { missingBinary } = require('../../../util/missing-binary')
const { LAYOUTS, SESSIONS } = require('./layouts')
const Problem = require('../problem')

/** `PRAGMA application_id` of a SQLiteStore's file. */
const OURS = 0x45534e73

/**
 * @typedef {string|number|Buffer|null} Value
 */

/** A SQLite database. */
class Database {
  #binding
  #handle

  /**
   * @param {string} file
   * @param {boolean} writes it is made if it does not exist
   * @throws {Problem}
   */
  constructor (file, writes) {
    this.file = file
    if (!writes && !fs.existsSync(file)) throw new Problem(`there is no file ${path.resolve(file)}`)
    if (writes && !fs.existsSync(path.dirname(path.resolve(file)))) {
      throw new Problem(`the file ${path.resolve(file)} cannot be made: its folder does not exist`)
    }
    this.#binding = load()
    if (writes && !fs.existsSync(file)) makeOwn(path.resolve(file))
    this.#handle = this.#ask(() => this.#binding.openDatabase(path.resolve(file), writes))
    this.#ask(() => this.#binding.queryDatabase(this.#handle, 'SELECT count(*) FROM sqlite_schema', []))
  }

  /**
   * @param {string} sql
   * @param {(string|number|null)[]} [params]
   * @return {Value[]} of all rows, one after the other
   * @throws {Problem}
   */
  query (sql, params = []) {
    return this.#ask(() => this.#binding.queryDatabase(this.#handle, sql, params))
  }

  /**
   * @param {string} sql
   * @param {(string|number|null)[]} params
   * @param {number} columns
   */
  rows (sql, params, columns) {
    const values = this.query(sql, params)
    return Array.from({ length: values.length / columns }, (_, row) => values.slice(row * columns, (row + 1) * columns))
  }

  /**
   * What all of it happens of, or nothing.
   *
   * @template T
   * @param {() => T} change
   */
  transaction (change) {
    this.query('BEGIN IMMEDIATE')
    try {
      const result = change()
      this.query('COMMIT')
      return result
    } catch (err) {
      try {
        this.query('ROLLBACK')
      } catch {} // where SQLite has undone it itself
      throw err
    }
  }

  /** @param {string} table */
  columns (table) {
    return this.query('SELECT i.name FROM sqlite_schema AS s, pragma_table_info(s.name) AS i ' +
      'WHERE s.type = \'table\' AND s.name = ? COLLATE NOCASE', [table]).map(name => String(name).toLowerCase())
  }

  isOurs () {
    return this.query('PRAGMA application_id')[0] === OURS
  }

  close () {
    this.#binding.closeDatabase(this.#handle)
  }

  /**
   * @template T
   * @param {() => T} call
   */
  #ask (call) {
    try {
      return call()
    } catch (err) {
      throw new Problem(reasonOf(/** @type {Error} */ (err).message, path.resolve(this.file)))
    }
  }
}

/**
 * Makes an empty file that only its owner can read: there will be usable ids in it.
 *
 * @param {string} file
 */
function makeOwn (file) {
  try {
    fs.closeSync(fs.openSync(file, 'a', 0o600))
  } catch (err) {
    throw new Problem(`the file ${file} cannot be made: ${/** @type {Error} */ (err).message}`)
  }
}

function load () {
  try {
    return require('../../../../binding')
  } catch (err) {
    throw new Problem(`SQLite files need the binary of this package. ${missingBinary(/** @type {Error} */ (err))}`)
  }
}

/**
 * The binding's error is a code and a message, in two lines.
 *
 * @param {string} message
 * @param {string} file
 */
function reasonOf (message, file) {
  const [code, ...lines] = message.split('\n')
  if (code === 'ERR_SESSION_STORE_NOT_A_DATABASE') return `the file ${file} is no SQLite database`
  if (code === 'ERR_SESSION_STORE_OPEN') return `the file ${file} cannot be opened as a SQLite database: is it a file, and may you read it and write its folder?`
  return lines.length === 0 ? message : lines.join(' ')
}

/**
 * Which store a database is of.
 *
 * @param {string} file
 * @throws {Problem} it is of none
 */
function tellDatabase (file) {
  const database = new Database(file, false)
  try {
    if (database.isOurs()) return 'sqlite'
    const columns = database.columns(SESSIONS)
    const layout = LAYOUTS.find(layout => layout.columns.every(column => columns.includes(column)))
    if (layout !== undefined) return layout
    throw new Problem(`${path.resolve(file)} is a SQLite database of none of the stores that can be copied: its table ${SESSIONS} has ` +
      (columns.length === 0 ? 'no columns, or does not exist' : `the columns ${columns.join(', ')}`))
  } finally {
    database.close()
  }
}

module.exports = { Database, tellDatabase }
