'use strict'

/** Two tables of 512 KB. */
const MOST = 2 ** 18
/** Bytes of a small session in the memory engine. */
const SMALL = 256
/** Bits of a table for an id, and how many of them an id sets: one id in two hundred is taken for a known one. */
const BITS = 16
const SET = 4

/**
 * Remembers ids that were asked for lately, at least as many as there is room for sessions. A session is kept from its second
 * read on: most of those that are read once are not read again before they would have to go, and keeping one takes a second
 * command. (TinyLFU, Einziger and others 2017, calls this a doorkeeper, and makes it a Bloom filter too.)
 */
class Doorkeeper {
  /**
   * @param {number} max sessions
   * @param {number} maxBytes of sessions
   */
  constructor (max, maxBytes) {
    this.room = Math.max(1, Math.floor(Math.min(max, maxBytes / SMALL, MOST)))
    const words = 2 ** Math.ceil(Math.log2(this.room * BITS / 32))
    this.young = new Uint32Array(Math.max(words, 1))
    this.old = new Uint32Array(this.young.length)
    this.count = 0 // of ids in the young table
  }

  /**
   * Whether an id was asked for before. From now on it was.
   *
   * @param {string} sid
   */
  knows (sid) {
    const hash = hashOf(sid)
    if (has(this.young, hash)) return true
    if (this.count === this.room) {
      [this.young, this.old] = [this.old.fill(0), this.young]
      this.count = 0
    }
    this.count++
    add(this.young, hash)
    return has(this.old, hash)
  }
}

/**
 * @param {Uint32Array} table
 * @param {number} hash
 */
function has (table, hash) {
  for (let i = 0; i < SET; i++) {
    const bit = bitOf(table, hash, i)
    if ((table[bit >>> 5] & 1 << (bit & 31)) === 0) return false
  }
  return true
}

/**
 * @param {Uint32Array} table
 * @param {number} hash
 */
function add (table, hash) {
  for (let i = 0; i < SET; i++) {
    const bit = bitOf(table, hash, i)
    table[bit >>> 5] |= 1 << (bit & 31)
  }
}

/**
 * Double hashing: the upper bits of the hash are the step.
 *
 * @param {Uint32Array} table
 * @param {number} hash
 * @param {number} i
 */
function bitOf (table, hash, i) {
  return hash + i * (hash >>> 16 | 1) & table.length * 32 - 1
}

/**
 * FNV-1a in 32 bits. Nobody gains by ids that collide: their sessions are kept one read too early.
 *
 * @param {string} text
 */
function hashOf (text) {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

module.exports = Doorkeeper
