'use strict'

const { parseArgs } = require('util')
const { NAME } = require('../../util/binary-names')
const copy = require('./copy')
const Journal = require('./journal')
const { needsIds, openPlace } = require('./places')
const Problem = require('./problem')
const { progressOf } = require('./progress')

const USAGE = `usage: npx ${NAME} copy <from> <to> [--journal <file>] [--newer]

Copies sessions from one store to another. Ids, JSON and expiry stay: nobody is logged out.

<from> and <to>:
  sqlite:<file>                         a file of SQLiteStore
  better-sqlite3-session-store:<file>   a SQLite file of that package
  connect-sqlite3:<file>[?table=name]   a SQLite file of that package
  session-file-store:<folder>[?ttl=seconds&extension=.json]
  redis://host:port/0[?prefix=sess:]    Redis or Valkey, as connect-redis and RedisStore have it; or rediss://.
                                        Needs the package redis or ioredis in your project
  <path>                                what is there tells what it is; a new file becomes one of SQLiteStore

--journal <file>  keeps what was copied (no ids, only hashes). With it, a later copy also brings over what
                  changed at <from> since, keeps logouts at <to>, and repeats those at <from>
--newer           overwrite a session at <to> that expires earlier than the one at <from>

A session that is at <to> already is otherwise kept as it is. Run an interrupted command again: it goes on.
The summary goes to stdout, progress to stderr. The exit code is 0 when the copy is complete, else 1.`

module.exports = {
  summary: 'copies sessions from one store to another',
  takesArguments: true,

  /** @param {string[]} args */
  async run (args) {
    try {
      const { positionals, values } = read(args)
      if (values.help) return console.log(USAGE)
      await run(positionals, values)
    } catch (err) {
      const { message, stack } = /** @type {Error} */ (err)
      console.error(`${NAME} copy: ${err instanceof Problem ? message : stack}`)
      process.exitCode = 1
    }
  }
}

/** @param {string[]} args */
function read (args) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { help: { type: 'boolean', short: 'h' }, journal: { type: 'string' }, newer: { type: 'boolean' } }
    })
  } catch (err) {
    throw new Problem(`${/** @type {Error} */ (err).message.split('. ')[0]}; --help shows the usage`)
  }
}

/**
 * @param {string[]} positionals
 * @param {{journal?: string, newer?: boolean}} options
 */
async function run (positionals, { journal: file, newer = false }) {
  if (positionals.length !== 2) {
    throw new Problem(`it takes two arguments, from and to, and was given ${positionals.length}; --help shows the usage`)
  }
  /** @type {import('./places').Place[]} */
  const open = []
  const progress = progressOf(process.stderr)
  try {
    const from = await openPlace(positionals[0], false)
    open.push(from)
    if (from.isHashed && needsIds(positionals[1])) throw hashesOnly(from, positionals[1])
    const to = await openPlace(positionals[1], true)
    open.push(to)
    if (from.key === to.key) throw new Problem(`${from.name} is both ends of the copy; name two stores`)
    if (from.isHashed && !to.isHashed) throw hashesOnly(from, to.name)

    const journal = file === undefined ? undefined : Journal.open(file, from.key, to.key)
    try {
      const { counts, repeat } = await copy({ from, to, journal, isNewer: newer, progress })
      progress.end()
      try {
        await repeat()
      } finally {
        console.log(summaryOf(counts))
      }
    } finally {
      if (journal !== undefined) journal.close()
    }
  } finally {
    progress.end()
    for (const place of open) await place.close()
  }
}

/**
 * @param {import('./places').Place} from
 * @param {string} to
 */
function hashesOnly (from, to) {
  return new Problem(`${from.name} has only the SHA-256 of session ids, and ${to} needs the ids: sessions of a SQLiteStore can be ` +
    'copied to another file of a SQLiteStore only')
}

/** @param {import('./copy').Counts} counts */
function summaryOf ({ copied, updated, expired, kept, loggedOut, removed, unreadable }) {
  const all = [...unreadable.values()].reduce((sum, count) => sum + count, 0)
  return [
    `copied: ${copied}`,
    ...updated > 0 ? [`updated, because they changed since: ${updated}`] : [],
    `expired, left out: ${expired}`,
    `already there, kept: ${kept}`,
    ...loggedOut > 0 ? [`logged out at the target, left out: ${loggedOut}`] : [],
    ...removed > 0 ? [`logged out at the source since, removed at the target: ${removed}`] : [],
    `unreadable, left out: ${all}`,
    ...[...unreadable].map(([reason, count]) => `  ${count}: ${reason}`)
  ].join('\n')
}
