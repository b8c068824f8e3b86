'use strict'

const { AsyncResource } = require('async_hooks')
const binding = require('../../../binding')
const Cookie = require('../../cookie/cookie')
const { Templates } = require('../../cookie/template')
const { dataText } = require('../../session/serialize')
const defer = require('../../util/defer')
const numberAt = require('../../util/numbers')
const { DONE, DROPPED, PENDING } = require('../engine')
const { Loaded, loadedFrom } = require('../loaded')
const RemovalLog = require('../plain/removal-log')

const { numbers, Now, Deadline, Expires, Template, Revision, Rank, Hint, Job, Outcome: OutcomeAt } = numberAt
const { ABSENT, BUSY, NEEDS_FULL_READ, SqliteOutcome } = binding

/**
 * @typedef {import('../engine').Callback<any>} Callback
 * @typedef {import('../engine').Engine} Engine
 * @typedef {import('../engine').Outcome} Outcome
 * @typedef {import('../engine').Write} Write
 * @typedef {import('../../cookie/opened')} Opened
 * @typedef {import('./options').SQLiteOptions} SQLiteOptions
 */

/** No template, no revision, no hint. */
const NONE = -1
/** What a reference begins with. It is given in place of an id. */
const REFERENCE = 'ref:'

/** By the numbers of `SqliteImported`. */
const IMPORTED = /** @type {const} */ (['done', 'changed', 'destroyed'])

/**
 * Sessions in a SQLite file (src/engines/sqlite), by the engine contract. Ids are not in the file: `ids` and removals
 * give references, which every method takes in place of an id. `load` does not: a cookie that names one opens nothing.
 *
 * @implements {Engine}
 */
class SQLiteEngine {
  #handle
  #calls
  #log
  /** What is asked of the writer thread, by the number of the job. */
  #waiting = /** @type {Map<number, {answer: Callback, write: Write|undefined}>} */ (new Map())
  #isWaiting = false
  #waits

  /**
   * @param {SQLiteOptions} options
   * @param {boolean} [later] let the writer thread do all writes. For tests
   * @throws an error that names the file and says what to do
   */
  constructor (options, later = false) {
    const { file, max, maxBytes, durability } = options
    this.options = options
    this.#waits = later ? 2 : 1
    this.capabilities = SQLiteEngine.capabilities
    try {
      this.#handle = binding.createSqlite(numbers, file, max, maxBytes, durability === 'full')
    } catch (err) {
      throw readable(err)
    }
    this.#calls = binding.bindSqlite(this.#handle)
    this.#log = new RemovalLog(maxBytes)
    this.templates = new Templates(this)
  }

  /**
   * @param {import('../../cookie/keyring')} keyring
   * @param {string} header
   * @param {number} now
   */
  load (keyring, header, now) {
    const loader = keyring.loaderOf(this.#handle, binding.bindSqliteLoad)
    numbers[Now] = now
    let text
    try {
      text = loader(header)
    } catch (err) {
      throw readable(err)
    }
    if (text === undefined) return undefined

    const revision = numbers[Revision]
    if (revision === ABSENT) return keyring.opened(header, text)
    if (revision === NEEDS_FULL_READ || revision === BUSY) return this.#loadWhole(keyring.opened(header, text), now)

    const template = numbers[Template]
    const expires = numbers[Expires]
    const hint = numbers[Hint]
    const opened = keyring.opened(header)
    let data
    try {
      data = JSON.parse(text)
      if (opened.sid === undefined) [opened.sid, data] = data
    } catch {
      return this.#loadWhole(/** @type {Opened} */ (keyring.open(header)), now)
    }
    const cookie = template < 0 ? undefined : Templates.cookieFrom(this.templates.numbered(template), expires)
    opened.found = new Loaded(data, cookie, revision, hint)
    return opened
  }

  /**
   * For a text that this package did not write, and for a file that is locked.
   *
   * @param {Opened} opened
   * @param {number} now
   */
  #loadWhole (opened, now) {
    if (this.isReference(opened.sid)) return opened
    const stored = this.peek(opened.sid, now)
    opened.found = stored === undefined || stored === PENDING ? stored : loadedFrom(stored)
    return opened
  }

  /**
   * Whether an id that a client sends is a reference, and opens nothing.
   *
   * @param {string} sid
   */
  isReference (sid) {
    return sid.startsWith(REFERENCE)
  }

  /**
   * @param {string} sid
   * @param {number} now
   * @param {Callback} [callback]
   */
  get (sid, now, callback) {
    return this.#read(this.#calls.get, sid, now, callback)
  }

  /**
   * @param {string} sid
   * @param {number} now
   * @param {Callback} [callback]
   */
  peek (sid, now, callback) {
    return this.#read(this.#calls.peek, sid, now, callback)
  }

  /**
   * @param {(sid: string) => string|undefined} read
   * @param {string} sid
   * @param {number} now
   * @param {Callback} [callback]
   */
  #read (read, sid, now, callback) {
    numbers[Now] = now
    try {
      const text = read(sid)
      if (text !== undefined) return { text, revision: numbers[Revision] }
      if (numbers[Revision] !== BUSY) return undefined
      if (callback !== undefined) {
        this.#calls.readLater(sid)
        this.#wait(callback)
      }
      return PENDING
    } catch (err) {
      throw readable(err)
    }
  }

  /**
   * @param {Write} write
   * @param {Callback} [callback]
   * @return {Outcome|import('../engine').Pending}
   * @throws {RangeError} the session is too large for the store
   */
  commit (write, callback) {
    const data = write.text === undefined ? plainCookie(write.session) : undefined
    const template = data && this.templates.of(data)

    let outcome
    if (template === undefined) {
      const text = write.text === undefined ? JSON.stringify(write.session) : write.text
      this.#pass(write, callback)
      outcome = this.#ask(this.#calls.set, write.sid, text)
    } else {
      const text = dataText(write.session)
      this.#pass(write, callback, template, data)
      outcome = this.#ask(this.#calls.commit, write.sid, text)
    }
    this.#collect()

    if (outcome === SqliteOutcome.Dropped) return DROPPED
    if (outcome === SqliteOutcome.Done) {
      write.revision = numbers[Revision]
      return DONE
    }
    if (outcome === SqliteOutcome.Waiting) this.#wait(/** @type {Callback} */ (callback), write)
    return PENDING
  }

  /**
   * @param {Write} write
   * @param {Callback} [callback]
   * @return {Outcome|import('../engine').Pending}
   */
  touch (write, callback) {
    const { sid, session, hint } = write
    const data = Cookie.plainData(session.cookie)
    const template = data && this.templates.of(data)

    let outcome
    if (template === undefined) {
      this.#pass(write, callback)
      outcome = this.#ask(this.#calls.touch, sid, JSON.stringify(session.cookie))
    } else {
      this.#pass(write, callback, template, data)
      if (hint !== undefined && this.#ask(this.#calls.touchSeen, sid)) return DONE
      outcome = this.#ask(this.#calls.touch, sid)
    }
    return outcome === SqliteOutcome.Whole ? this.#replaceCookie(write, callback) : DONE
  }

  /**
   * For a text that does not begin with its cookie: it is read and written as a whole.
   *
   * @param {Write} write
   * @param {Callback} [callback]
   */
  #replaceCookie (write, callback) {
    const stored = this.peek(write.sid, write.now)
    if (stored === undefined || stored === PENDING) return DONE
    const session = JSON.parse(stored.text)
    session.cookie = JSON.parse(JSON.stringify(write.session.cookie))
    return this.commit({ ...write, text: JSON.stringify(session), revision: stored.revision }, callback)
  }

  /**
   * @param {string} sid
   * @param {number} now
   * @param {Callback} [callback]
   * @return {import('../engine').Pending}
   */
  destroy (sid, now, callback) {
    numbers[Now] = now
    numbers[Job] = callback === undefined ? 0 : this.#waits
    const outcome = this.#ask(this.#calls.destroy, sid)
    this.#collect()
    if (outcome === SqliteOutcome.Waiting) this.#wait(/** @type {Callback} */ (callback))
    return PENDING
  }

  /**
   * @param {number} now
   * @param {Callback} [callback]
   * @return {import('../engine').Pending}
   */
  clear (now, callback) {
    numbers[Now] = now
    numbers[Job] = callback === undefined ? 0 : this.#waits
    const outcome = this.#ask(this.#calls.clear)
    if (outcome === SqliteOutcome.Waiting) this.#wait(/** @type {Callback} */ (callback))
    return PENDING
  }

  /** @param {number} now */
  length (now) {
    numbers[Now] = now
    return this.#ask(binding.sqliteLength, this.#handle)
  }

  /**
   * @param {number} part
   * @param {number} now
   */
  ids (part, now) {
    numbers[Now] = now
    try {
      return binding.sqliteIds(this.#handle, part)
    } catch (err) {
      throw readable(err)
    }
  }

  /** @param {number} now */
  prune (now) {
    numbers[Now] = now
    const isMore = this.#ask(this.#calls.prune)
    this.#collect()
    return isMore
  }

  stats () {
    this.#collect()
    const { max, maxBytes } = this.options
    const { bytes, evictedForSessions, evictedForBytes, lost, ...stats } = binding.sqliteStats(this.#handle)
    return {
      ...stats,
      bytes: bytes + this.#log.bytes,
      limits: { max, maxBytes },
      evicted: { max: evictedForSessions, maxBytes: evictedForBytes },
      lost: lost + this.#log.lost
    }
  }

  /* Removals by this process */

  /** @param {boolean} replaced */
  watch (replaced) {
    this.#collect()
    const watch = this.#log.watch(replaced)
    binding.sqliteWatch(this.#handle, true, this.#log.wantsReplaced)
    return watch
  }

  /**
   * @param {any} watch
   * @param {number} most
   * @param {number} now
   */
  drain (watch, most, now) {
    numbers[Now] = now
    this.#collect()
    return this.#log.drain(watch, most)
  }

  /** @param {any} watch */
  unwatch (watch) {
    this.#collect()
    this.#log.unwatch(watch)
    binding.sqliteWatch(this.#handle, this.#log.isWatched, this.#log.wantsReplaced)
  }

  #collect () {
    if (!this.#log.isWatched) return
    const removed = binding.sqliteRemoved(this.#handle)
    for (let i = 0; i < removed.length; i += 3) {
      this.#log.add(/** @type {any} */ (removed[i]), removed[i + 1], removed[i + 2])
    }
  }

  /**
   * Stores sessions of another store, all at once: each where it takes the place of nothing, or of the text that it expects,
   * and not where it was destroyed. Not of the contract.
   *
   * @param {{sid: string, text: string, expected?: string, deadline: number, rank: number}[]} sessions
   * @param {number} now
   * @return {('done'|'changed'|'destroyed')[]|undefined} undefined: the file is busy, and nothing was stored
   */
  import (sessions, now) {
    numbers[Now] = now
    const outcomes = this.#ask(
      binding.sqliteImport,
      this.#handle,
      sessions.map(({ sid }) => sid),
      sessions.map(({ text }) => text),
      sessions.map(({ expected }) => expected === undefined ? null : expected),
      sessions.map(({ deadline }) => deadline),
      sessions.map(({ rank }) => rank)
    )
    return outcomes === null ? undefined : outcomes.map((/** @type {number} */ outcome) => IMPORTED[outcome])
  }

  /** What waits is written. What was stored stays. */
  close () {
    binding.sqliteClose(this.#handle)
  }

  /* Cookie templates */

  /**
   * @param {string} prefix
   * @param {string|undefined} suffix
   */
  intern (prefix, suffix) {
    return binding.sqliteIntern(this.#handle, prefix, suffix)
  }

  /** @param {number} number */
  templateText (number) {
    return binding.sqliteTemplate(this.#handle, number)
  }

  /* Rust */

  /**
   * Puts the numbers of a write where Rust looks for them. Nothing of the app may run before the call that follows.
   *
   * @param {Write} write
   * @param {Callback|undefined} callback
   * @param {import('../../cookie/template').Template} [template]
   * @param {any} [data]
   */
  #pass (write, callback, template, data) {
    numbers[Now] = write.now
    numbers[Deadline] = write.deadline
    numbers[Rank] = write.rank
    numbers[Revision] = write.revision === undefined ? NONE : write.revision
    numbers[Hint] = write.hint === undefined ? NONE : write.hint
    numbers[Template] = template === undefined ? NONE : template.number
    numbers[Job] = callback === undefined ? 0 : this.#waits
    if (template !== undefined) numbers[Expires] = data.expires ? data.expires.getTime() : NaN
  }

  /**
   * @template {any[]} A
   * @template R
   * @param {(...args: A) => R} call
   * @param {A} args
   */
  #ask (call, ...args) {
    try {
      return call(...args)
    } catch (err) {
      throw readable(err)
    }
  }

  /**
   * Waits for the job whose number was just given. Its callback runs in the context of its caller.
   *
   * @param {Callback} callback
   * @param {Write} [write]
   */
  #wait (callback, write) {
    this.#waiting.set(numbers[Job], { answer: AsyncResource.bind(callback), write })
    this.#listen()
  }

  #listen () {
    if (this.#isWaiting || this.#waiting.size === 0) return
    binding.sqliteWait(this.#handle, () => {
      this.#isWaiting = false
      this.#answer()
      this.#listen()
    })
    this.#isWaiting = true
  }

  /** Hands out what the writer thread has answered. */
  #answer () {
    for (;;) {
      const text = this.#calls.take()
      const outcome = numbers[OutcomeAt]
      if (outcome === SqliteOutcome.None) return
      const job = numbers[Job]
      const waiting = this.#waiting.get(job)
      this.#waiting.delete(job)
      if (waiting !== undefined) this.#give(waiting, outcome, text, numbers[Revision])
    }
  }

  /**
   * @param {{answer: Callback, write: Write|undefined}} waiting
   * @param {number} outcome
   * @param {string|undefined} text
   * @param {number} revision
   */
  #give ({ answer, write }, outcome, text, revision) {
    this.#collect()
    try {
      if (outcome === SqliteOutcome.Failed) answer(readable(new Error(text)))
      else if (outcome === SqliteOutcome.Read) answer(null, { text, revision })
      else if (outcome === SqliteOutcome.Absent) answer(null, undefined)
      else if (outcome === SqliteOutcome.Dropped) answer(null, DROPPED)
      else {
        if (write !== undefined) write.revision = revision
        answer(null, DONE)
      }
    } catch (err) {
      defer(() => { throw err }) // the app's: it must not keep the others from their answers
    }
  }
}

/** @type {Readonly<import('../engine').Capabilities>} */
SQLiteEngine.capabilities = Object.freeze({
  reads: 'later', writes: 'later', revisions: true, events: true, iterate: true, persists: true
})

/**
 * The attributes of a session's cookie, where the session is stored as cookie and data.
 *
 * @param {any} session
 */
function plainCookie (session) {
  return typeof session.toJSON === 'function' ? undefined : Cookie.plainData(session.cookie)
}

/**
 * Rust's error, whose message is a code and a message in two lines.
 *
 * @param {any} err
 */
function readable (err) {
  const [code, ...lines] = String(err.message).split('\n')
  if (lines.length === 0) return err
  const Type = code === 'ERR_SESSION_TOO_LARGE' ? RangeError : Error
  return Object.assign(new Type(lines.join('\n')), { code })
}

module.exports = SQLiteEngine
