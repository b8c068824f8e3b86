'use strict'

const { RANK } = require('../engine')
const List = require('./list')

/** @typedef {import('./record').Record} Record */

const RANKS = Object.values(RANK)

/** All lower ranks together keep this share of the bound that is hit. */
const SHARE = 1 / 10

/** Visits are timed in units of ten seconds, as in the memory engine. */
const UNIT = 10_000
const UNITS_OF_MINUTE = 6
/** Two visits count as two if they are at least this many units apart: a burst around the full minute does not. */
const APART = 2

/**
 * Which session goes at a bound. The lowest rank goes first: in it the oldest, in the others the one that was not seen
 * for longest. But even if sessions of a higher rank fill the store, all lower ranks together keep a share, so that a new
 * session has time to prove itself.
 */
class Ranks {
  #lists = RANKS.map(() => /** @type {List<Record>} */ (new List()))
  #bytes = RANKS.map(() => 0)
  /** Of all ranks. */
  count = 0
  bytes = 0

  /**
   * @param {Record} record
   * @param {number} rank
   */
  add (record, rank) {
    record.rank = rank
    this.#lists[rank].add(record)
    this.#bytes[rank] += record.bytes
    this.count++
    this.bytes += record.bytes
  }

  /** @param {Record} record */
  remove (record) {
    const { rank, bytes } = record
    this.#lists[rank].remove(record)
    this.#bytes[rank] -= bytes
    this.count--
    this.bytes -= bytes
  }

  /**
   * @param {Record} record
   * @param {number} bytes
   */
  resize (record, bytes) {
    const more = bytes - record.bytes
    record.bytes = bytes
    this.#bytes[record.rank] += more
    this.bytes += more
  }

  /**
   * A rank only rises.
   *
   * @param {Record} record
   * @param {number} rank
   */
  raise (record, rank) {
    if (rank <= record.rank) return
    this.remove(record)
    this.add(record, rank)
  }

  /**
   * The client has come back, and the session was there.
   *
   * @param {Record} record
   * @param {number} now
   */
  cameBack (record, now) {
    const rank = rankOfReturn(record, now)
    this.remove(record)
    this.add(record, rank)
  }

  /**
   * Whether there are sessions that rank higher.
   *
   * @param {number} rank
   */
  isAnyAbove (rank) {
    return this.#lists.some((list, at) => at > rank && list.length > 0)
  }

  /**
   * The record that goes next, or undefined.
   *
   * @param {'max'|'maxBytes'} bound that is exceeded
   * @param {number} limit of that bound
   * @param {Record} [spared]
   */
  victim (bound, limit, spared) {
    const share = limit * SHARE
    let lower = 0
    let rank = 0
    for (; rank < RANKS.length - 1; rank++) {
      lower += bound === 'max' ? this.#lists[rank].length : this.#bytes[rank]
      if (lower > share) break
    }
    return oldest(this.#lists[rank], spared) || this.#lowest(spared)
  }

  /** @param {Record|undefined} spared */
  #lowest (spared) {
    for (const list of this.#lists) {
      const record = oldest(list, spared)
      if (record !== undefined) return record
    }
    return undefined
  }
}

/**
 * @param {List<Record>} list
 * @param {Record|undefined} spared
 */
function oldest (list, spared) {
  return list.oldest === spared && spared !== undefined ? spared.newer : list.oldest
}

/**
 * @param {Record} record
 * @param {number} now
 */
function rankOfReturn (record, now) {
  if (record.rank > RANK.RETURNED) return record.rank
  const unit = Math.floor(now / UNIT)
  if (!(unit >= record.returned)) record.returned = unit // the first time, or the clock was ahead
  const isApart = unit - record.returned >= APART && minuteOf(unit) !== minuteOf(record.returned)
  return isApart ? RANK.ESTABLISHED : RANK.RETURNED
}

/** @param {number} unit */
function minuteOf (unit) {
  return Math.floor(unit / UNITS_OF_MINUTE)
}

module.exports = { Ranks, SHARE }
