'use strict'

const fs = require('node:fs')
const { ask } = require('../engines/ask')

/** What a process was about to do with each session, and what it was told that it has done. */
class Journal {
  /** What was answered last: a value, or null for a session that was destroyed. */
  values = new Map()
  /** What was asked for since, and not answered. */
  asked = new Map()
  answers = 0

  add (kind, sid, value) {
    if (kind === 'I') {
      this.asked.set(sid, value)
    } else {
      this.values.set(sid, value)
      this.asked.delete(sid)
      this.answers++
    }
  }

  /** Whether a session may be what was found: a value, or null for none. */
  allows (sid, value) {
    if (value === (this.values.has(sid) ? this.values.get(sid) : null)) return true
    return this.asked.has(sid) && value === this.asked.get(sid)
  }
}

function readJournal (file) {
  const journal = new Journal()
  const text = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : ''
  for (const line of text.split('\n').slice(0, -1)) journal.add(...JSON.parse(line)) // what has no end was not written
  return journal
}

/** Opens a journal to go on with it. What a kill has cut off goes: what is written next would become part of it. */
function openJournal (file) {
  const journal = fs.openSync(file, 'a')
  fs.ftruncateSync(journal, fs.readFileSync(file).lastIndexOf('\n') + 1)
  return journal
}

/**
 * Checks one session of a journal, or all. Hands each that was asked for and not answered to `learn`, with what it is.
 *
 * @throws {Error} a write that was answered is lost, or a destroyed session is back
 */
async function check (engine, journal, sid, learn) {
  const sids = sid === undefined ? [...new Set([...journal.values.keys(), ...journal.asked.keys()])] : [sid]
  for (const sid of sids) {
    const stored = await ask(engine, 'peek', sid, Date.now())
    const value = stored === undefined ? null : JSON.parse(stored.text).value
    if (!journal.allows(sid, value)) {
      throw new Error(`${sid} is ${value}; ${journal.values.get(sid)} was answered, ${journal.asked.get(sid)} was asked for`)
    }
    if (journal.asked.has(sid) && learn !== undefined) learn(sid, value)
  }
}

module.exports = { check, openJournal, readJournal }
