'use strict'

const BITS = 10
const CHUNK = 2 ** BITS

/**
 * An array in chunks: V8 copies an array as a whole when it grows, which takes 30 ms at a million elements.
 *
 * @template T
 */
class LongArray {
  #chunks = /** @type {T[][]} */ ([])
  length = 0

  /** @param {number} at */
  get (at) {
    return this.#chunks[at >> BITS][at & (CHUNK - 1)]
  }

  /**
   * @param {number} at a place below `length`
   * @param {T} value
   */
  set (at, value) {
    this.#chunks[at >> BITS][at & (CHUNK - 1)] = value
  }

  /** @param {T} value */
  push (value) {
    if (this.length % CHUNK === 0) this.#chunks.push([])
    this.#chunks[this.length++ >> BITS].push(value)
  }

  pop () {
    const value = /** @type {T} */ (this.#chunks[--this.length >> BITS].pop())
    if (this.length % CHUNK === 0) this.#chunks.pop()
    return value
  }
}

module.exports = LongArray
