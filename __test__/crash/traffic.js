'use strict'

/*
 *   node traffic.js <folder> <process> <of how many>
 *
 * Random traffic on a SQLite file, for ever. What is about to be done and what was answered is in a journal, which
 * outlives the process. A process that finds a journal of its own checks first that all that was answered is there.
 * It prints `ready` when it has, and what is wrong otherwise.
 */

const fs = require('node:fs')
const path = require('node:path')
const SQLiteEngine = require('../../lib/stores/sqlite/engine')
const { readOptions } = require('../../lib/stores/sqlite/options')
const { ask } = require('../engines/ask')
const { check, openJournal, readJournal } = require('./journal')

const CHAINS = 3
const SESSIONS = 40
const DAY = 24 * 60 * 60 * 1000

const [folder, name, count] = process.argv.slice(2)
const engine = new SQLiteEngine(readOptions({ file: path.join(folder, 'sessions.db') }))
const journalFile = path.join(folder, `journal-${name}`)
const found = readJournal(journalFile)
const journal = openJournal(journalFile)

main().catch(err => {
  console.log(String(err.stack))
  process.exit(1)
})

async function main () {
  // What became of a write that was not answered is known now, and must stay so.
  await check(engine, found, undefined, (sid, value) => note('A', sid, value))
  console.log('ready')
  const chains = Array.from({ length: CHAINS }, (_, chain) => run(`${name}.${chain}`))
  await Promise.all([...chains, victims(), lateSaves()])
}

/** Sessions that only one chain writes: it knows at any time what they must be. */
async function run (chain) {
  for (;;) {
    const sid = `${chain}.${random(SESSIONS)}`
    const kind = random(10)
    if (kind < 5) {
      await write(sid, random(2 ** 30))
    } else if (kind < 6) {
      await destroy(sid)
    } else if (kind < 8) {
      await ask(engine, 'touch', writeOf(sid, 0))
    } else {
      await check(engine, found, sid)
    }
    if (random(4) === 0) await new Promise(setImmediate)
  }
}

async function write (sid, value) {
  note('I', sid, value)
  await ask(engine, 'commit', writeOf(sid, value))
  note('A', sid, value)
}

async function destroy (sid) {
  note('I', sid, null)
  await ask(engine, 'destroy', sid, Date.now())
  note('A', sid, null)
}

/** Sessions that are made, shown to the others, and destroyed for good. */
async function victims () {
  for (let n = Number(found.values.get(`current.${name}`) || 0) + 1; ; n++) {
    const sid = `victim.${name}.${n}`
    await write(sid, n)
    await write(`current.${name}`, n)
    await pause(random(20))
    await destroy(sid)
    await pause(random(5))
    for (let before = n; before > 0 && before > n - 20; before--) await check(engine, found, `victim.${name}.${before}`)
  }
}

/** What requests do that have loaded a session which another process destroys: they save it, too late. */
async function lateSaves () {
  for (;;) {
    const other = random(count)
    const current = await ask(engine, 'peek', `current.${other}`, Date.now())
    if (current !== undefined) {
      const sid = `victim.${other}.${JSON.parse(current.text).value}`
      const stored = await ask(engine, 'get', sid, Date.now())
      if (stored !== undefined) {
        const late = { ...writeOf(sid, JSON.parse(stored.text).value), revision: stored.revision }
        for (let i = 0; i < 3; i++) {
          await ask(engine, 'commit', { ...late })
          await pause(random(20))
        }
      }
    }
    await pause(random(5))
  }
}

/** The entry is in the system's hands when this returns: a kill does not undo it. A kill before that may cut it off. */
function note (kind, sid, value) {
  fs.writeSync(journal, JSON.stringify([kind, sid, value]) + '\n')
  found.add(kind, sid, value)
}

function writeOf (sid, value) {
  const now = Date.now()
  const session = { cookie: { path: '/' }, value, pad: 'x'.repeat(random(400)) }
  return { sid, session, text: undefined, deadline: now + DAY, revision: undefined, hint: undefined, rank: 0, now }
}

function pause (ms) {
  return new Promise(resolve => setTimeout(resolve, ms))
}

function random (below) {
  return Math.floor(Math.random() * below)
}
