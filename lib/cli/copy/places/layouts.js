'use strict'

/** The table that both have, unless they are told otherwise. */
const SESSIONS = 'sessions'

/**
 * @typedef {object} Layout how a package keeps sessions in a SQLite database
 * @property {string} name of the package
 * @property {(table: string) => string} create
 * @property {string[]} columns id, JSON, expiry
 * @property {boolean} hasTableOption
 * @property {(value: any) => number} toDeadline NaN: it is none
 * @property {(deadline: number) => string|number} fromDeadline of a finite one
 */

/** @type {Layout[]} */
const LAYOUTS = [
  {
    name: 'better-sqlite3-session-store',
    create: table => `CREATE TABLE IF NOT EXISTS ${table} (sid TEXT NOT NULL PRIMARY KEY, sess JSON NOT NULL, expire TEXT NOT NULL)`,
    columns: ['sid', 'sess', 'expire'],
    hasTableOption: false,
    toDeadline: value => typeof value === 'string' ? Date.parse(value) : NaN,
    fromDeadline: deadline => new Date(deadline).toISOString()
  },
  {
    name: 'connect-sqlite3',
    create: table => `CREATE TABLE IF NOT EXISTS ${table} (sid PRIMARY KEY, expired, sess)`,
    columns: ['sid', 'sess', 'expired'],
    hasTableOption: true,
    toDeadline: value => typeof value === 'number' ? value : NaN,
    fromDeadline: deadline => deadline
  }
]

module.exports = { LAYOUTS, SESSIONS }
