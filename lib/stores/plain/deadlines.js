'use strict'

const LongArray = require('./long-array')

/** @typedef {import('./record').Record} Record */

/**
 * Records by their deadlines: a binary heap, soonest first, in which each record knows its place. A later deadline
 * leaves a record where it is. It is moved when its place has come up: once a lifetime, not once a request.
 */
class Deadlines {
  #heap = /** @type {LongArray<Record>} */ (new LongArray())

  /**
   * Learns the deadline of a record, anew or for the first time.
   *
   * @param {Record} record
   */
  set (record) {
    const { deadline } = record
    if (record.at >= 0) {
      if (!(deadline < record.due)) return
      this.#up(record.at, record, deadline)
    } else if (deadline < Infinity) { // without a deadline, or with NaN, it never expires
      this.#heap.push(record)
      this.#up(this.#heap.length - 1, record, deadline)
    }
  }

  /** @param {Record} record */
  remove (record) {
    const { at } = record
    if (at < 0) return
    record.at = -1
    const last = this.#heap.pop()
    if (last === record) return
    if (last.due < record.due) this.#up(at, last, last.due)
    else this.#down(at, last, last.due)
  }

  /**
   * Gives a record whose deadline has passed; null where it takes more than `steps` of `budget` to find one, undefined
   * where there is none. The record stays until it is removed.
   *
   * @param {number} time
   * @param {{steps: number}} budget
   */
  expired (time, budget) {
    for (;;) {
      if (this.#heap.length === 0) return undefined
      const record = this.#heap.get(0)
      if (!(record.due <= time)) return undefined
      if (budget.steps-- <= 0) return null
      if (record.deadline <= time) return record
      if (record.deadline < Infinity) this.#down(0, record, record.deadline)
      else this.remove(record)
    }
  }

  /**
   * @param {number} at
   * @param {Record} record
   * @param {number} due
   */
  #up (at, record, due) {
    const heap = this.#heap
    while (at > 0) {
      const above = (at - 1) >> 1
      const other = heap.get(above)
      if (other.due <= due) break
      place(heap, at, other)
      at = above
    }
    record.due = due
    place(heap, at, record)
  }

  /**
   * @param {number} at
   * @param {Record} record
   * @param {number} due
   */
  #down (at, record, due) {
    const heap = this.#heap
    for (;;) {
      let below = 2 * at + 1
      if (below >= heap.length) break
      if (below + 1 < heap.length && heap.get(below + 1).due < heap.get(below).due) below++
      const other = heap.get(below)
      if (due <= other.due) break
      place(heap, at, other)
      at = below
    }
    record.due = due
    place(heap, at, record)
  }
}

/**
 * @param {LongArray<Record>} heap
 * @param {number} at
 * @param {Record} record
 */
function place (heap, at, record) {
  heap.set(at, record)
  record.at = at
}

module.exports = Deadlines
