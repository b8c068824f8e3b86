'use strict'

const { elapsed, systemNow } = require('../../../util/clock')
const { warn } = require('../../../util/warn')
const { PENDING, RANK } = require('../../engine')
const Doorkeeper = require('./doorkeeper')
const Lease = require('./lease')
const Tracking = require('./tracking')

/**
 * @typedef {import('../client').Client} Client
 * @typedef {import('../../../cookie/plain-keyring').Keyring} Keyring
 *
 * @typedef {object} NearOptions
 * @property {number} max
 * @property {number} maxBytes
 * @property {number} lease milliseconds
 */

/** Half of a surrogate pair. UTF-8 cannot encode it, so the server would announce changes under another key. */
const UNNAMEABLE = /\p{Surrogate}/u

/**
 * Sessions that were read, kept in a memory engine beside the client. They are served while the lease is valid (lease.js),
 * and dropped when the server tells that they have changed (tracking.js).
 */
class NearCache {
  #memory
  #flights
  #lease
  #tracking
  #doorkeeper
  #isTold = false
  #isSaid = false
  #counts = { hits: 0, misses: 0, stored: 0, dropped: 0, flushes: 0 }

  /**
   * @param {Client} client
   * @param {string} prefix
   * @param {NearOptions} options
   * @param {any} memory an engine with these options that answers at once
   * @param {import('../flight')} flights
   */
  constructor (client, prefix, { lease, max, maxBytes }, memory, flights) {
    this.#memory = memory
    this.#flights = flights
    this.#lease = new Lease(lease)
    this.#doorkeeper = new Doorkeeper(max, maxBytes)
    this.#tracking = new Tracking(client, prefix, this.#lease, {
      changed: sid => this.#changed(sid),
      begin: () => this.#told(),
      end: () => this.#untold(),
      refused: err => this.#refused(err)
    })
  }

  /**
   * Why there can be no near cache with a client, or undefined.
   *
   * @param {Client} client
   */
  static unfit ({ kind, topology }) {
    if (topology === 'cluster') return 'a cluster tells of changes on each of its nodes, and moves keys between them'
    if (topology === 'pool') return 'a pool has several connections'
    if (topology === 'sentinel' && kind === 'node-redis') return 'node-redis does not tell of a failover before it has happened'
    return undefined
  }

  /** The app's connection is there, or is lost. */
  up () {
    this.#tracking.start()
  }

  down () {
    this.#tracking.stop()
  }

  /**
   * A read begins.
   *
   * @param {import('../flight').Flight} flight
   * @return {boolean} whether its answer is to be kept: its changes will be told, and it is not the first read
   */
  begin (flight) {
    if (!this.#isTold) return false
    flight.isTold = true
    return this.#doorkeeper.knows(flight.sid)
  }

  /** Whether entries may be served. */
  get isFresh () {
    return this.#lease.isValid()
  }

  /**
   * Whether the answer to a read on its way is fresh enough for another one.
   *
   * @param {import('../flight').Flight} flight
   */
  mayJoin (flight) {
    return flight.isTold && elapsed() - flight.begun < this.#lease.length && this.isFresh
  }

  /**
   * A miss is counted by the `get` that follows.
   *
   * @param {Keyring} keyring
   * @param {string} header
   */
  load (keyring, header) {
    const opened = this.#memory.load(keyring, header, systemNow())
    if (opened === undefined) return undefined
    const { found } = opened
    if (found === undefined || found.error !== undefined) opened.found = PENDING
    else this.#counts.hits++
    return opened
  }

  /**
   * @param {string} sid
   * @return {string|undefined} the text
   */
  get (sid) {
    const stored = this.#memory.get(sid, systemNow())
    if (stored === undefined) {
      this.#counts.misses++
      return undefined
    }
    this.#counts.hits++
    return stored.text
  }

  /**
   * The text of a session that is still there at a moment to come, as far as is known.
   *
   * @param {string} sid
   * @param {number} moment
   * @return {string|undefined}
   */
  peek (sid, moment) {
    const stored = this.#memory.peek(sid, moment)
    return stored === undefined ? undefined : stored.text
  }

  /**
   * Keeps what was read.
   *
   * @param {import('../flight').Flight} flight whose answer it is
   * @param {string} text
   * @param {number} ttl milliseconds that it had left when Redis answered; -1 for no end
   */
  store ({ sid, begun }, text, ttl) {
    if (UNNAMEABLE.test(sid)) return
    const now = systemNow()
    // The answer may have been long on its way.
    const deadline = ttl === -1 ? Infinity : now + ttl - (elapsed() - begun)
    if (!(deadline > now)) return
    try {
      this.#memory.commit({ sid, session: undefined, text, deadline, revision: undefined, hint: undefined, rank: RANK.RETURNED, now })
      this.#counts.stored++
    } catch {
      this.#memory.destroy(sid, now) // larger than the cache
    }
  }

  /** @param {string} sid */
  drop (sid) {
    this.#memory.destroy(sid, systemNow())
    this.#counts.dropped++
  }

  flush () {
    this.#flights.spoilAll()
    this.#memory.clear(systemNow())
    this.#counts.flushes++
  }

  /** @param {string|null} sid */
  #changed (sid) {
    if (sid === null) return this.flush()
    this.#flights.spoil(sid)
    this.drop(sid)
  }

  #told () {
    this.flush()
    this.#isTold = true
  }

  #untold () {
    this.#isTold = false
    this.flush()
  }

  /** @param {Error} err */
  #refused (err) {
    if (!this.#isSaid) sayOff(`the server refuses to tell of changes (${err.message})`)
    this.#isSaid = true // a client that comes back tries again: it may be another server
  }

  stats () {
    const { sessions, bytes } = this.#memory.stats(systemNow())
    return { ...this.#counts, isFresh: this.isFresh, sessions, bytes }
  }

  close () {
    this.#tracking.stop()
    this.#memory.close(systemNow())
  }
}

/** @param {string} reason */
function sayOff (reason) {
  warn('EXPRESS_SESSION_NEAR_CACHE', `the nearCache option of RedisStore has no effect: ${reason}. Every session is read from Redis`)
}

NearCache.sayOff = sayOff

module.exports = NearCache
