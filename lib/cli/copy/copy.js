'use strict'

const { createHash } = require('crypto')
const { setTimeout: sleep } = require('timers/promises')
const Problem = require('./problem')

module.exports = copy

/** How often a session is decided anew when somebody changes it at the target meanwhile. */
const TRIES = 3
/** A server tells how long a session still lives, not when it ends: what differs by less is the same, in milliseconds. */
const TICK = 1000
/** A source that has fewer of the sessions that it once had is taken for another one, or for one that was emptied. */
const LEAST_SHARE = 0.5

/**
 * @typedef {import('./places').Place} Place
 * @typedef {import('./places').Found} Found
 * @typedef {import('./places').Entry} Entry
 * @typedef {import('./journal').Noted} Noted
 *
 * @typedef {Found & {sid: string, text: string, hash: string, noted: Noted|undefined}} Session one that can be copied
 *
 * @typedef {object} Counts
 * @property {number} copied
 * @property {number} updated those that took the place of an older one
 * @property {number} expired
 * @property {number} kept those that were there
 * @property {number} loggedOut those that were destroyed at the target
 * @property {number} removed those that were destroyed at the source
 * @property {Map<string, number>} unreadable by the reason
 */

/**
 * Copies all sessions. What is at the target is not overwritten, except what `isNewer` and the journal allow.
 *
 * @param {{
 *   from: Place, to: Place, journal?: import('./journal'), isNewer: boolean,
 *   progress: {start: (total: number) => void, advance: (by: number) => void}
 * }} options
 * @return {Promise<{counts: Counts, repeat: () => Promise<void>}>} `repeat` destroys at the target what was destroyed at the
 *   source since the last copy
 * @throws {Problem}
 */
async function copy ({ from, to, journal, isNewer, progress }) {
  /** @type {Counts} */
  const counts = { copied: 0, updated: 0, expired: 0, kept: 0, loggedOut: 0, removed: 0, unreadable: new Map() }
  /** @type {Set<string>} what the source has of what the journal knows */
  const seen = new Set()

  progress.start(await from.count())
  for await (const page of from.pages()) {
    const now = Date.now()
    /** @type {Session[]} */
    const sessions = []
    for (const found of page) {
      if (journal !== undefined && found.sid !== undefined) journal.mark(found.sid, seen)
      const problem = found.problem || check(found, from)
      if (problem !== undefined) addTo(counts.unreadable, problem)
      else if (!(found.deadline > now)) counts.expired++
      else sessions.push(sessionOf(found, journal))
    }
    await put(sessions, 1)
    if (journal !== undefined) journal.flush()
    progress.advance(page.length)
  }
  const repeat = async () => { if (journal !== undefined) counts.removed = await repeatLogouts(journal, seen, from, to) }
  return { counts, repeat }

  /**
   * @param {Session[]} sessions
   * @param {number} tries
   */
  async function put (sessions, tries) {
    if (sessions.length === 0) return
    const there = await to.read(sessions.map(({ sid }) => sid))
    /** @type {{session: Session, entry: Entry}[]} */
    const writes = []
    sessions.forEach((session, at) => {
      const decision = decide(session, there[at], isNewer)
      if (decision === 'kept' || decision === 'loggedOut') {
        counts[decision]++
        // What has arrived before a journal was kept, or before the last copy was killed.
        if (journal !== undefined && session.noted === undefined && isSame(session, there[at])) journal.note(session)
      } else writes.push({ session, entry: { ...session, ...decision } })
    })

    const changed = []
    const outcomes = writes.length === 0 ? [] : await to.write(writes.map(({ entry }) => entry))
    for (const [at, { session, entry }] of writes.entries()) {
      const outcome = outcomes[at]
      if (outcome === 'done') {
        counts[entry.expected === undefined ? 'copied' : 'updated']++
        if (journal !== undefined) journal.note(session)
      } else if (outcome === 'destroyed') counts.loggedOut++
      else if (outcome !== 'changed') addTo(counts.unreadable, outcome.refused)
      else if (tries < TRIES) changed.push(session)
      else counts.kept++ // the app is busy with it: its own is the newer one
    }
    if (changed.length > 0) {
      await sleep(1)
      await put(changed, tries + 1)
    }
  }
}

/**
 * What becomes of a session: it is written, perhaps over another one, or not.
 *
 * @param {Session} session
 * @param {Found|undefined} there what the target has under its id
 * @param {boolean} isNewer
 * @return {'kept'|'loggedOut'|{expected: string|undefined, deadline: number}}
 */
function decide ({ deadline, hash, noted }, there, isNewer) {
  if (there === undefined || !(there.deadline > Date.now())) {
    // What was copied and has not expired since can only have been destroyed.
    if (there === undefined && noted !== undefined && noted.deadline > Date.now()) return 'loggedOut'
    return { expected: there && there.text, deadline }
  }
  if (there.text === undefined) return 'kept'
  const isChangedHere = noted !== undefined && (hash !== noted.hash || isLater(deadline, noted.deadline))
  const isAsCopied = noted !== undefined && hashOf(there.text) === noted.hash
  if (isChangedHere && isAsCopied && (hash !== noted.hash || isLater(deadline, there.deadline))) {
    return { expected: there.text, deadline: Math.max(deadline, there.deadline) }
  }
  if (isNewer && isLater(deadline, there.deadline)) return { expected: there.text, deadline }
  return 'kept'
}

/**
 * @param {number} deadline
 * @param {number} other
 */
function isLater (deadline, other) {
  return deadline - other >= TICK
}

/**
 * @param {Session} session
 * @param {Found|undefined} there
 */
function isSame ({ hash }, there) {
  return there !== undefined && there.text !== undefined && hashOf(there.text) === hash
}

/**
 * Destroys at the target what was copied, and was destroyed at the source since.
 *
 * @param {import('./journal')} journal
 * @param {Set<string>} seen
 * @param {Place} from
 * @param {Place} to
 */
async function repeatLogouts (journal, seen, from, to) {
  const gone = journal.missing(seen, Date.now())
  if (gone.size === 0) return 0
  if (seen.size < (seen.size + gone.size) * LEAST_SHARE) {
    throw new Problem(`${gone.size} of the ${seen.size + gone.size} sessions in the journal ${journal.file} are no longer in ${from.name}, ` +
      'which looks emptied: nothing is removed at the target; if these users did log out, delete the journal and remove them there')
  }
  let removed = 0
  for await (const page of to.pages()) {
    const sids = page.map(({ sid }) => sid).filter(sid => sid !== undefined && gone.has(journal.keyOf(sid)))
    if (sids.length > 0) await to.destroy(/** @type {string[]} */ (sids))
    removed += sids.length
  }
  journal.forget(gone)
  return removed
}

/**
 * Why a session cannot be copied, or undefined.
 *
 * @param {Found} found
 * @param {Place} from
 */
function check ({ sid, text }, from) {
  if (typeof sid !== 'string' || sid === '') return 'it has no id'
  if (!from.isHashed && sid.startsWith('ref:')) return 'its id begins with "ref:", as references of SQLiteStore do'
  if (typeof text !== 'string') return 'its data is no text'
  let session
  try {
    session = JSON.parse(text)
  } catch {
    return 'its data is not JSON; it may be encrypted, or written by a serializer of your own'
  }
  if (session === null || typeof session !== 'object' || Array.isArray(session)) return 'its JSON is no object'
  if (session.cookie === null || typeof session.cookie !== 'object') return 'it has no cookie'
}

/**
 * @param {Found} found
 * @param {import('./journal')|undefined} journal
 * @return {Session}
 */
function sessionOf (found, journal) {
  const { sid, text } = /** @type {{sid: string, text: string}} */ (found)
  return { ...found, sid, text, hash: journal === undefined ? '' : hashOf(text), noted: journal && journal.find(sid) }
}

/**
 * Of what the app has stored: the cookie changes with every touch.
 *
 * @param {string} text
 */
function hashOf (text) {
  try {
    const { cookie, ...data } = JSON.parse(text)
    return createHash('sha256').update(JSON.stringify(data)).digest('base64url').slice(0, 22)
  } catch {
    return ''
  }
}

/**
 * @param {Map<string, number>} counts
 * @param {string} reason
 */
function addTo (counts, reason) {
  counts.set(reason, (counts.get(reason) || 0) + 1)
}
