'use strict'

/** A table of a megabyte. */
const MOST = 2 ** 18
/** Bytes of a small session in the memory engine. */
const SMALL = 256

/**
 * Remembers ids that were asked for lately, about as many as there is room for sessions. A session is kept from its second
 * read on: most of those that are read once are not read again before they would have to go, and keeping one takes a second
 * command. (TinyLFU, Einziger and others 2017, calls this a doorkeeper.)
 */
class Doorkeeper {
  /**
   * @param {number} max sessions
   * @param {number} maxBytes of sessions
   */
  constructor (max, maxBytes) {
    const room = Math.min(max, maxBytes / SMALL, MOST)
    /** The newest id of each place, by its hash. */
    this.hashes = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(room, 1))))
  }

  /**
   * Whether an id was asked for before. From now on it was. Another one that came to its place since then is forgotten.
   *
   * @param {string} sid
   */
  knows (sid) {
    const hash = hashOf(sid)
    const place = hash & (this.hashes.length - 1)
    const isKnown = this.hashes[place] === hash
    this.hashes[place] = hash
    return isKnown
  }
}

/**
 * FNV-1a in 32 bits. Nobody gains by ids that collide: their sessions are kept one read too early or too late.
 *
 * @param {string} text
 */
function hashOf (text) {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

module.exports = Doorkeeper
