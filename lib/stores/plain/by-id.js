'use strict'

/** So many that one of them grows in less than a millisecond where there are millions of ids. */
const PARTS = 256

/**
 * A Map by session id in many parts: V8 copies a Map as a whole when it grows, and a large one for long.
 *
 * @template T
 */
class ById {
  #parts = /** @type {Array<Map<string, T>|undefined>} */ (new Array(PARTS).fill(undefined))

  /** @param {string} sid */
  get (sid) {
    const part = this.#parts[partOf(sid)]
    return part === undefined ? undefined : part.get(sid)
  }

  /**
   * @param {string} sid
   * @param {T} value
   */
  set (sid, value) {
    const at = partOf(sid)
    if (this.#parts[at] === undefined) this.#parts[at] = new Map()
    this.#parts[at].set(sid, value)
  }

  /** @param {string} sid */
  delete (sid) {
    const at = partOf(sid)
    const part = this.#parts[at]
    if (part === undefined) return
    part.delete(sid)
    if (part.size === 0) this.#parts[at] = undefined
  }

  /**
   * The values of part 0, 1, …; undefined after the last part.
   *
   * @param {number} at
   */
  part (at) {
    if (!(at < PARTS)) return undefined
    const part = this.#parts[at]
    return part === undefined ? [] : part.values()
  }

  * [Symbol.iterator] () {
    for (const part of this.#parts) {
      if (part !== undefined) yield * part.values()
    }
  }
}

/**
 * Any spread will do: a bad one costs time, and ids are random.
 *
 * @param {string} sid
 */
function partOf (sid) {
  let hash = 0
  for (let i = 0; i < sid.length; i++) hash = Math.imul(hash ^ sid.charCodeAt(i), 0x01000193)
  return (hash ^ (hash >>> 16)) & (PARTS - 1)
}

module.exports = ById
