'use strict'

module.exports = { progressOf }

/** Without a terminal, a whole copy takes at most this many lines. */
const LINES = 10

/**
 * Shows how far a copy has come: with a bar on a terminal, with a few lines elsewhere.
 *
 * @param {NodeJS.WriteStream} stream
 */
function progressOf (stream) {
  const Bar = stream.isTTY ? barOf() : undefined
  return Bar === undefined ? new Lines(stream) : new Bar(stream)
}

/** The package is an optional dependency: without it there are lines. */
function barOf () {
  let library
  try {
    library = require('cli-progress')
  } catch {
    return undefined
  }
  const { Presets, SingleBar } = library
  return class {
    #bar
    #isOn = false

    /** @param {NodeJS.WriteStream} stream */
    constructor (stream) {
      this.#bar = new SingleBar({ stream, format: '{bar} {percentage} % | {value} of {total} sessions | {eta_formatted} left' }, Presets.shades_classic)
    }

    /** @param {number} total */
    start (total) {
      this.#bar.start(total, 0)
      this.#isOn = true
    }

    /** @param {number} by */
    advance (by) {
      this.#bar.increment(by)
    }

    end () {
      if (this.#isOn) this.#bar.stop()
      this.#isOn = false
    }
  }
}

class Lines {
  #stream
  #total = 0
  #done = 0
  #shown = 0

  /** @param {NodeJS.WriteStream} stream */
  constructor (stream) {
    this.#stream = stream
  }

  /** @param {number} total */
  start (total) {
    this.#total = total
  }

  /** @param {number} by */
  advance (by) {
    this.#done += by
    const total = Math.max(this.#total, this.#done)
    const part = Math.floor(this.#done / total * LINES)
    if (part <= this.#shown) return
    this.#shown = part
    this.#stream.write(`${this.#done} of ${total} sessions\n`)
  }

  end () {}
}
