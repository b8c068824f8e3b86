'use strict'

/**
 * A list of records, oldest first, linked through the records themselves. Each operation takes constant time.
 *
 * @template {{older: T|undefined, newer: T|undefined}} T
 */
class List {
  constructor () {
    /** @type {T|undefined} */
    this.oldest = undefined
    /** @type {T|undefined} */
    this.newest = undefined
    this.length = 0
  }

  /**
   * Adds a record as the newest.
   *
   * @param {T} record
   */
  add (record) {
    record.older = this.newest
    record.newer = undefined
    if (this.newest === undefined) this.oldest = record
    else this.newest.newer = record
    this.newest = record
    this.length++
  }

  /** @param {T} record */
  remove (record) {
    const { older, newer } = record
    if (older === undefined) this.oldest = newer
    else older.newer = newer
    if (newer === undefined) this.newest = older
    else newer.older = older
    record.older = record.newer = undefined
    this.length--
  }
}

module.exports = List
