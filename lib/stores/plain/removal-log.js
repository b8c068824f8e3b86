'use strict'

const { stringSize } = require('./record')

/**
 * @typedef {{kind: string, sid: string, text: string}} Entry
 * @typedef {{place: number, replaced: boolean}} Watch
 */

/** The part of maxBytes that the log may take while somebody watches, and the largest such part. */
const SHARE = 1 / 16
const MOST = 64 * 1024 * 1024
/** An entry without its texts. */
const ENTRY = 100
/** How many that are gone may stand at the front before the others move up. */
const AT_FRONT = 1024

/**
 * What was removed, for the watches. All read one log, each from a place of its own. Past its limit the oldest
 * entries lose their text, and then they go.
 */
class RemovalLog {
  #watches = /** @type {Set<Watch>} */ (new Set())
  #replaced = 0 // how many watches want what is written over
  #entries = /** @type {Entry[]} */ ([])
  // Places count on for ever:
  #base = 0 // that of #entries[0],
  #first = 0 // of the first entry that is not gone,
  #bare = 0 // and of the first that has its text
  #bareBytes = 0 // what those before it take
  bytes = 0
  lost = 0

  /** @param {number} maxBytes of the store */
  constructor (maxBytes) {
    this.limit = Math.min(maxBytes * SHARE, MOST)
  }

  get isWatched () {
    return this.#watches.size > 0
  }

  get wantsReplaced () {
    return this.#replaced > 0
  }

  /** @param {boolean} replaced what is written over is wanted too */
  watch (replaced) {
    const watch = { place: this.#end(), replaced }
    this.#watches.add(watch)
    if (replaced) this.#replaced++
    return watch
  }

  /** @param {Watch} watch */
  unwatch (watch) {
    if (!this.#watches.delete(watch)) return
    if (watch.replaced) this.#replaced--
    this.#dropRead()
  }

  /**
   * @param {'expired'|'evicted'|'destroyed'|'replaced'} kind
   * @param {string} sid
   * @param {string} text
   */
  add (kind, sid, text) {
    const entry = { kind, sid, text }
    this.#entries.push(entry)
    this.bytes += sizeOf(entry)
    while (this.bytes > this.limit) this.#shrink()
  }

  /**
   * Up to `most` removals that a watch has not read yet: kind, id and text in turn.
   *
   * @param {Watch} watch
   * @param {number} most
   */
  drain (watch, most) {
    /** @type {string[]} */
    const removed = []
    if (!this.#watches.has(watch)) return removed
    for (; watch.place < this.#end() && removed.length < most * 3; watch.place++) {
      const { kind, sid, text } = this.#entries[watch.place - this.#base]
      if (kind !== 'replaced' || watch.replaced) removed.push(kind, sid, text)
    }
    this.#dropRead()
    return removed
  }

  #end () {
    return this.#base + this.#entries.length
  }

  /** Takes the text of the oldest entry that has one, or the oldest entry where those without fill half the limit. */
  #shrink () {
    const place = Math.max(this.#bare, this.#first)
    if (place === this.#end() || this.#bareBytes > this.limit / 2) {
      this.#loseFirst()
      return
    }
    const entry = this.#entries[place - this.#base]
    this.bytes -= sizeOf(entry)
    entry.text = ''
    this.bytes += sizeOf(entry)
    this.#bareBytes += sizeOf(entry)
    this.#bare = place + 1
  }

  #loseFirst () {
    const { kind } = this.#entries[this.#first - this.#base]
    for (const watch of this.#watches) {
      if (watch.place > this.#first) continue
      watch.place = this.#first + 1
      if (kind !== 'replaced' || watch.replaced) this.lost++
    }
    this.#dropRead()
  }

  /** Drops what all have read. */
  #dropRead () {
    let place = this.#end()
    for (const watch of this.#watches) place = Math.min(place, watch.place)

    for (; this.#first < place; this.#first++) {
      const at = this.#first - this.#base
      const size = sizeOf(this.#entries[at])
      this.bytes -= size
      if (this.#first < this.#bare) this.#bareBytes -= size
      this.#entries[at] = /** @type {any} */ (undefined)
    }
    const gone = this.#first - this.#base
    if (gone === this.#entries.length || (gone > AT_FRONT && gone * 2 > this.#entries.length)) {
      this.#entries = this.#entries.slice(gone)
      this.#base = this.#first
    }
  }
}

/** @param {Entry} entry */
function sizeOf ({ sid, text }) {
  return ENTRY + stringSize(sid) + stringSize(text)
}

module.exports = RemovalLog
