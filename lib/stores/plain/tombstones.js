'use strict'

const ById = require('./by-id')
const List = require('./list')
const { stringSize } = require('./record')

/**
 * @typedef {object} Tombstone
 * @property {string} sid
 * @property {number} upTo
 * @property {number} until
 * @property {Tombstone|undefined} older
 * @property {Tombstone|undefined} newer
 */

/** How long a destroyed id is remembered: longer than any request should take. */
const LIFETIME = 24 * 60 * 60 * 1000
/** How many are remembered beside few sessions; beside many it is a quarter of their number. */
const LEAST = 1024
/** A tombstone, with its place in a Map and a list. */
const TOMBSTONE = 150

/**
 * The ids that were destroyed, so that a request that had loaded such a session does not bring it back. A destroyed
 * record is marked itself. A tombstone is needed only if a request holds a record that had expired or was evicted before
 * its id was destroyed. So forgetting a tombstone is a small risk.
 */
class Tombstones {
  #byId = /** @type {ById<Tombstone>} */ (new ById())
  #list = /** @type {List<Tombstone>} */ (new List())
  bytes = 0

  get count () {
    return this.#list.length
  }

  /**
   * @param {string} sid
   * @param {number} upTo the number of the last record that was made
   * @param {number} sessions how many there are
   * @param {number} time
   */
  add (sid, upTo, sessions, time) {
    this.#forget(this.#byId.get(sid))
    /** @type {Tombstone} */
    const tombstone = { sid, upTo, until: time + LIFETIME, older: undefined, newer: undefined }
    this.#byId.set(sid, tombstone)
    this.#list.add(tombstone)
    this.bytes += sizeOf(tombstone)
    if (this.count > Math.max(LEAST, sessions / 4)) this.forgetOldest()
  }

  /**
   * Whether all records of the id up to a number were destroyed.
   *
   * @param {string} sid
   * @param {number} number
   */
  covers (sid, number) {
    const tombstone = this.#byId.get(sid)
    return tombstone !== undefined && number <= tombstone.upTo
  }

  /**
   * Forgets one whose time is over. Returns whether there was one.
   *
   * @param {number} time
   */
  expire (time) {
    const { oldest } = this.#list
    if (oldest === undefined || !(oldest.until <= time)) return false
    this.#forget(oldest)
    return true
  }

  forgetOldest () {
    this.#forget(this.#list.oldest)
  }

  /** @param {Tombstone|undefined} tombstone */
  #forget (tombstone) {
    if (tombstone === undefined) return
    this.#byId.delete(tombstone.sid)
    this.#list.remove(tombstone)
    this.bytes -= sizeOf(tombstone)
  }
}

/** @param {Tombstone} tombstone */
function sizeOf ({ sid }) {
  return TOMBSTONE + stringSize(sid)
}

module.exports = Tombstones
