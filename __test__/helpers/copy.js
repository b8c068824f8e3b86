'use strict'

/* The command `copy`, run in this process, and the stores of other packages, written as those write them. */

const fs = require('node:fs')
const path = require('node:path')
const command = require('../../lib/cli/copy')
const { Database } = require('../../lib/cli/copy/places/database')
const { openPlace } = require('../../lib/cli/copy/places')

/** Runs the command: { status, out, err }, and `counts` by the first word of each line of the summary. */
async function copy (...args) {
  const shown = { out: '', err: '' }
  const { log, error } = console
  const { write } = process.stderr
  const before = process.exitCode
  console.log = text => { shown.out += `${text}\n` }
  console.error = text => { shown.err += `${text}\n` }
  process.stderr.write = text => {
    shown.err += text
    return true
  }
  try {
    process.exitCode = undefined
    await command.run(args)
    return { ...shown, status: process.exitCode ?? 0, counts: countsIn(shown.out) }
  } finally {
    process.exitCode = before
    Object.assign(console, { log, error })
    process.stderr.write = write
  }
}

/** Runs the command, which must succeed, and gives what it has counted. */
async function copied (...args) {
  const { status, err, counts } = await copy(...args)
  if (status !== 0) throw new Error(err)
  return counts
}

function countsIn (text) {
  const lines = [...text.matchAll(/^(\S[^:\n]*): (\d+)$/gm)]
  return Object.fromEntries(lines.map(([, words, count]) => [words.split(',')[0], Number(count)]).filter(([, count]) => count > 0))
}

/** All that a store has, by id: { session, deadline }. */
async function contentOf (argument) {
  const place = await openPlace(argument, false)
  const all = {}
  try {
    for await (const page of place.pages()) {
      for (const { sid, text, deadline } of page) all[sid] = { session: JSON.parse(text), deadline }
    }
  } finally {
    await place.close()
  }
  return all
}

/** What other packages do when a session is set. Each takes a location, and rows of id, session and deadline. */
const writers = {
  'better-sqlite3-session-store' (file, rows) {
    change(file, database => {
      database.query('CREATE TABLE IF NOT EXISTS sessions (sid TEXT NOT NULL PRIMARY KEY, sess JSON NOT NULL, expire TEXT NOT NULL)')
      database.transaction(() => {
        for (const [sid, session, deadline] of rows) {
          database.query('INSERT OR REPLACE INTO sessions VALUES (?, ?, ?)', [sid, JSON.stringify(session), new Date(deadline).toISOString()])
        }
      })
    })
  },
  'connect-sqlite3' (file, rows, table = 'sessions') {
    change(file, database => {
      database.query(`CREATE TABLE IF NOT EXISTS ${table} (sid PRIMARY KEY, expired, sess)`)
      database.transaction(() => {
        for (const [sid, session, deadline] of rows) {
          database.query(`INSERT OR REPLACE INTO ${table} VALUES (?, ?, ?)`, [sid, deadline, JSON.stringify(session)])
        }
      })
    })
  },
  'session-file-store' (folder, rows) {
    fs.mkdirSync(folder, { recursive: true })
    for (const [sid, session, deadline] of rows) {
      const __lastAccess = deadline - (session.cookie.originalMaxAge || 3600_000)
      fs.writeFileSync(path.join(folder, `${sid}.json`), JSON.stringify({ ...session, __lastAccess }))
    }
  }
}

/** Works on a database: a file, or one that is open. */
function change (file, work) {
  if (file instanceof Database) return work(file)
  const database = new Database(file, true)
  try {
    return work(database)
  } finally {
    database.close()
  }
}

module.exports = { change, contentOf, copied, copy, writers }
