'use strict'

const { getHeapStatistics } = require('v8')
const Cookie = require('../../cookie/cookie')
const { dataText } = require('../../session/serialize')
const { systemNow } = require('../../util/clock')
const { DONE, DROPPED } = require('../engine')
const { loadByGet } = require('../loaded')
const ById = require('./by-id')
const Deadlines = require('./deadlines')
const { Ranks, SHARE } = require('./ranks')
const { outranked, tooLarge } = require('../refused')
const { Record, sizeOf } = require('./record')
const RemovalLog = require('./removal-log')
const Tombstones = require('./tombstones')

/**
 * @typedef {import('../engine').Engine} Engine
 * @typedef {import('../engine').Outcome} Outcome
 * @typedef {import('../engine').MemoryOptions} MemoryOptions
 * @typedef {import('../engine').Write} Write
 */

/**
 * A clock that is late by more than this many milliseconds counts as behind. It is large because a write may wait before
 * it is done.
 */
const BEHIND = 60_000

/** How many steps each call does towards what has expired, how many a call that may take longer, and `prune`. */
const FEW = 8
const MORE = 500
const MOST = 5000
/** How many sessions one call evicts. What a bound is still exceeded by, the next calls evict. */
const EVICTED_AT_ONCE = 5000

/** The part of V8's heap that sessions may take where the app sets no bound. */
const HEAP_SHARE = 1 / 2

/**
 * Sessions in V8's heap, by the engine contract: what MemoryStore uses where there is no binary, and the reference in
 * the tests. It has no timer: each call removes a little of what is due.
 *
 * @implements {Engine}
 */
class PlainEngine {
  // Private, so that nothing prints ids and sessions.
  #records = /** @type {ById<Record>} */ (new ById())
  #ranks = new Ranks()
  #deadlines = new Deadlines()
  #tombstones = new Tombstones()
  #log
  #max
  #maxBytes
  /** How many records were made. */
  #created = 0
  /** All records up to this number were destroyed at once. */
  #cleared = 0
  /** Iterators over cleared records of which nobody was told yet. */
  #untold = /** @type {Iterator<Record>[]} */ ([])
  /** The time that the last call gave. */
  #shown = NaN
  #counts = { hits: 0, misses: 0, sets: 0, touches: 0, destroyed: 0, expired: 0 }
  #evicted = { max: 0, maxBytes: 0 }

  /**
   * @param {MemoryOptions} options
   * @throws {RangeError} an option needs the binary
   */
  constructor (options) {
    const { max, maxBytes, explicitLimits, shared } = options
    if (shared !== undefined) {
      throw new RangeError('shared option needs the binary of express-session-native, which is not loaded: the warning EXPRESS_SESSION_NO_BINARY says why')
    }
    this.options = options
    this.capabilities = PlainEngine.capabilities
    this.#max = max
    // By default, no more than half of V8's heap: past its end the process would end.
    this.#maxBytes = explicitLimits[1] ? maxBytes : Math.min(maxBytes, getHeapStatistics().heap_size_limit * HEAP_SHARE)
    this.#log = new RemovalLog(this.#maxBytes)
  }

  /**
   * @param {import('../../cookie/plain-keyring').Keyring} keyring
   * @param {string} header
   * @param {number} now
   */
  load (keyring, header, now) {
    return loadByGet(this, keyring, header, now)
  }

  /**
   * @param {string} sid
   * @param {number} now
   */
  get (sid, now) {
    this.#begin(now, FEW)
    const record = this.#alive(sid, now)
    if (record === undefined) {
      this.#counts.misses++
      return undefined
    }
    this.#counts.hits++
    this.#ranks.cameBack(record, now)
    return { text: record.text, revision: record }
  }

  /**
   * @param {string} sid
   * @param {number} now
   */
  peek (sid, now) {
    this.#begin(now, FEW)
    const record = this.#alive(sid, now)
    return record && { text: record.text, revision: record }
  }

  /**
   * @param {Write} write
   * @throws {RangeError} there is no room for the session
   */
  commit (write) {
    const { sid, revision, rank } = write
    const [cookie, data] = textsOf(write) // first: it runs functions of the app, which may call the store
    this.#begin(write.now, FEW)

    let record = this.#unexpired(sid, write.now)
    if (revision !== undefined && this.#wasDestroyed(sid, revision)) return DROPPED

    const bytes = sizeOf(sid, cookie, data)
    this.#checkRoom(bytes, record, rank)
    if (record === undefined) {
      record = this.#create(sid, rank)
    } else {
      if (this.#log.wantsReplaced) this.#log.add('replaced', sid, record.text)
      this.#ranks.raise(record, rank)
    }
    this.#rewrite(record, cookie, data, bytes, write)
    this.#counts.sets++
    write.revision = record
    return DONE
  }

  /**
   * @param {Write} write
   * @return {Outcome}
   * @throws {RangeError} there is no room for the session with its new cookie
   */
  touch (write) {
    const { sid } = write
    const cookie = JSON.stringify(write.session.cookie)
    this.#begin(write.now, FEW)

    const record = this.#alive(sid, write.now)
    if (record === undefined) return DONE
    const texts = textsWithCookie(record, cookie)
    const bytes = sizeOf(sid, ...texts)
    this.#checkRoom(bytes, record, record.rank)
    this.#rewrite(record, ...texts, bytes, write)
    this.#counts.touches++
    return DONE
  }

  /**
   * @param {string} sid
   * @param {number} now
   * @return {Outcome}
   */
  destroy (sid, now) {
    this.#begin(now, FEW)
    const record = this.#unexpired(sid, now)
    if (record !== undefined) {
      record.isDestroyed = true
      this.#counts.destroyed++
      this.#remove(record, 'destroyed')
    }
    this.#tombstones.add(sid, this.#created, this.#ranks.count, Math.max(this.#shown, systemNow()))
    this.#makeRoom()
    return DONE
  }

  /**
   * @param {number} now
   * @return {Outcome}
   */
  clear (now) {
    this.#begin(now, FEW)
    this.#cleared = this.#created
    this.#counts.destroyed += this.#ranks.count
    if (this.#log.isWatched) this.#untold.push(this.#records[Symbol.iterator]())
    this.#records = new ById()
    this.#ranks = new Ranks()
    this.#deadlines = new Deadlines()
    this.#tombstones = new Tombstones()
    return DONE
  }

  /** @param {number} now */
  length (now) {
    this.#begin(now, MORE)
    if (this.#deadlines.expired(now, { steps: MORE }) === undefined) return this.#ranks.count
    let count = 0
    for (const record of this.#records) {
      if (!(record.deadline <= now)) count++
    }
    return count
  }

  /**
   * @param {number} part
   * @param {number} now
   */
  ids (part, now) {
    this.#begin(now, FEW)
    const records = this.#records.part(part)
    if (records === undefined) return null
    const sids = []
    for (const record of records) {
      if (!(record.deadline <= now)) sids.push(record.sid)
    }
    return sids
  }

  /** @param {number} now */
  prune (now) {
    this.#begin(now, 0)
    const isMore = this.#expire(now, MOST)
    this.#tellCleared(MOST)
    return isMore || this.#untold.length > 0 || this.#exceeded() !== undefined
  }

  /** @param {number} now */
  stats (now) {
    this.#begin(now, MORE)
    return {
      sessions: this.#ranks.count,
      bytes: this.#bytes(),
      tombstones: this.#tombstones.count,
      limits: { max: this.#max, maxBytes: this.#maxBytes },
      ...this.#counts,
      evicted: { ...this.#evicted },
      lost: this.#log.lost
    }
  }

  /** @param {boolean} replaced */
  watch (replaced) {
    return this.#log.watch(replaced)
  }

  /**
   * @param {any} watch
   * @param {number} most
   * @param {number} now
   */
  drain (watch, most, now) {
    this.#begin(now, MORE)
    return this.#log.drain(watch, most)
  }

  /** @param {any} watch */
  unwatch (watch) {
    this.#log.unwatch(watch)
    if (!this.#log.isWatched) this.#untold = []
  }

  /** @param {number} now */
  close (now) {
    this.clear(now)
  }

  /* Time */

  /**
   * What each call does first: it removes some of what is due.
   *
   * @param {number} now
   * @param {number} steps
   */
  #begin (now, steps) {
    if (Number.isFinite(now)) this.#shown = now
    this.#expire(this.#certainNow(), steps)
    this.#tellCleared(steps)
    this.#makeRoom()
  }

  /** The time that has come on both clocks: the system's, and the one that the store was last shown. */
  #certainNow () {
    const time = systemNow()
    return this.#shown < time ? this.#shown : time
  }

  /**
   * Removes what has expired, in at most `steps` steps. Returns whether there is more.
   *
   * @param {number} time
   * @param {number} steps
   */
  #expire (time, steps) {
    const budget = { steps }
    let record
    while ((record = this.#deadlines.expired(time, budget))) this.#expireNow(record)
    while (budget.steps-- > 0 && this.#tombstones.expire(time));
    return record === null
  }

  /* Records */

  /**
   * The record of an id that is to be read, if it is valid for a caller who sees this time.
   *
   * @param {string} sid
   * @param {number} now
   */
  #alive (sid, now) {
    const record = this.#records.get(sid)
    if (record === undefined || !(record.deadline <= now)) return record
    if (record.deadline <= systemNow()) this.#expireNow(record)
    return undefined
  }

  /**
   * The same for an id that is to be written over or destroyed: what has expired for the caller goes first.
   *
   * @param {string} sid
   * @param {number} now
   */
  #unexpired (sid, now) {
    const record = this.#records.get(sid)
    if (record === undefined || !(record.deadline <= now)) return record
    this.#expireNow(record)
    return undefined
  }

  /** @param {Record} record */
  #expireNow (record) {
    this.#counts.expired++
    this.#remove(record, 'expired')
  }

  /**
   * @param {string} sid
   * @param {any} revision
   */
  #wasDestroyed (sid, revision) {
    const { isDestroyed, number } = revision
    return isDestroyed || number <= this.#cleared || this.#tombstones.covers(sid, number)
  }

  /**
   * @param {string} sid
   * @param {number} rank
   */
  #create (sid, rank) {
    const record = new Record(sid, ++this.#created)
    this.#records.set(sid, record)
    this.#ranks.add(record, rank)
    return record
  }

  /**
   * @param {Record} record
   * @param {string|undefined} cookie
   * @param {string} data
   * @param {number} bytes
   * @param {Write} write
   */
  #rewrite (record, cookie, data, bytes, write) {
    record.cookie = cookie
    record.data = data
    record.deadline = laterDeadline(record.deadline, write)
    this.#deadlines.set(record)
    this.#ranks.resize(record, bytes)
    this.#makeRoom(record)
  }

  /**
   * @param {Record} record
   * @param {'expired'|'evicted'|'destroyed'} kind
   */
  #remove (record, kind) {
    this.#records.delete(record.sid)
    this.#ranks.remove(record)
    this.#deadlines.remove(record)
    if (this.#log.isWatched) this.#log.add(kind, record.sid, record.text)
    record.empty()
  }

  /** @param {number} steps */
  #tellCleared (steps) {
    for (; steps > 0 && this.#untold.length > 0; steps--) {
      const { done, value: record } = this.#untold[0].next()
      if (done) this.#untold.shift()
      else this.#log.add('destroyed', record.sid, record.text)
    }
  }

  /* Bounds */

  #bytes () {
    return this.#ranks.bytes + this.#tombstones.bytes + this.#log.bytes
  }

  /** The bytes for all but removals. While somebody watches, there is room for those. */
  #byteLimit () {
    return this.#log.isWatched ? this.#maxBytes - this.#log.limit : this.#maxBytes
  }

  #exceeded () {
    if (this.#ranks.count > this.#max) return 'max'
    return this.#ranks.bytes + this.#tombstones.bytes > this.#byteLimit() ? 'maxBytes' : undefined
  }

  /**
   * @param {number} bytes that a session is to have
   * @param {Record|undefined} record of the session, where it exists
   * @param {number} rank that it is to have at least
   * @throws {RangeError} it is too large, or sessions of higher rank would have to go for it
   */
  #checkRoom (bytes, record, rank) {
    const limit = this.#byteLimit()
    if (bytes > limit) throw tooLarge()
    if (bytes <= limit * SHARE || (record !== undefined && bytes <= record.bytes)) return
    if (this.#ranks.isAnyAbove(record === undefined ? rank : Math.max(rank, record.rank))) throw outranked()
  }

  /** @param {Record} [spared] */
  #makeRoom (spared) {
    for (let n = 0; n < EVICTED_AT_ONCE; n++) {
      const bound = this.#exceeded()
      if (bound === undefined) return
      if (bound === 'maxBytes' && this.#tombstones.count > 0) {
        this.#tombstones.forgetOldest()
        continue
      }
      const victim = this.#ranks.victim(bound, bound === 'max' ? this.#max : this.#byteLimit(), spared)
      if (victim === undefined) return
      this.#evicted[bound]++
      this.#remove(victim, 'evicted')
    }
  }
}

/** @type {Readonly<import('../engine').Capabilities>} */
PlainEngine.capabilities = Object.freeze({ reads: 'now', writes: 'now', revisions: true, events: true, iterate: true })

/**
 * The deadline that a write gives a session. A writer whose clock is behind ends none that is valid on the system's.
 *
 * @param {number} old NaN for a new session
 * @param {Write} write
 */
function laterDeadline (old, { deadline, now }) {
  if (!(deadline < old && deadline > now && old < Infinity)) return deadline
  const time = systemNow()
  return deadline <= time && old > time && now < time - BEHIND ? old : deadline
}

/**
 * The JSON of a session: its cookie and the rest, or undefined and the whole text.
 *
 * @param {Write} write
 * @return {[string|undefined, string]}
 */
function textsOf ({ session, text }) {
  if (text !== undefined) return [undefined, text]
  if (typeof session.toJSON === 'function' || Cookie.plainData(session.cookie) === undefined) {
    return [undefined, JSON.stringify(session)]
  }
  return [JSON.stringify(session.cookie), dataText(session)]
}

/**
 * The JSON of a session with another cookie. A text that is not JSON stays as it is.
 *
 * @param {Record} record
 * @param {string|undefined} newCookie
 * @return {[string|undefined, string]}
 */
function textsWithCookie ({ cookie, data }, newCookie) {
  if (cookie !== undefined || newCookie === undefined) return [newCookie === undefined ? cookie : newCookie, data]
  try {
    const session = JSON.parse(data)
    session.cookie = JSON.parse(newCookie)
    return [undefined, JSON.stringify(session)]
  } catch {
    return [undefined, data]
  }
}

module.exports = PlainEngine
