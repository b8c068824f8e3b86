'use strict'

const { createHash } = require('crypto')
const fs = require('fs')
const Problem = require('./problem')

const TITLE = 'sessions copied by express-session-native'
const FORGOTTEN = '-'

/**
 * @typedef {object} Noted what a session was when it was copied
 * @property {string} hash of its data
 * @property {number} deadline
 */

/**
 * What was copied from one store to another: a line for each session, with the SHA-256 of its id, a hash of its data, and
 * its deadline. The last line of a session counts. A line is written after its session.
 */
class Journal {
  #handle
  #noted
  #lines = ''

  /**
   * @param {string} file
   * @param {string} from
   * @param {string} to
   * @throws {Problem}
   */
  static open (file, from, to) {
    const title = `${TITLE} ${JSON.stringify({ from, to })}`
    let handle
    let text
    try {
      handle = fs.openSync(file, 'a+', 0o600)
      text = fs.readFileSync(handle, 'utf8')
    } catch (err) {
      if (handle !== undefined) fs.closeSync(handle)
      throw new Problem(`the journal ${file} cannot be opened: ${/** @type {Error} */ (err).message}`)
    }
    const [first, ...lines] = text.split('\n')
    if (text !== '' && first !== title) {
      fs.closeSync(handle)
      throw new Problem(first.startsWith(TITLE)
        ? `the journal ${file} is of another copy: ${first.slice(TITLE.length + 1)}`
        : `the file ${file} is no journal of this command`)
    }
    // The last line of a copy that was killed may be half there.
    const start = text === '' ? `${title}\n` : text.endsWith('\n') ? '' : '\n'
    return new Journal(file, handle, start, lines)
  }

  /**
   * @param {string} file
   * @param {number} handle
   * @param {string} start
   * @param {string[]} lines
   */
  constructor (file, handle, start, lines) {
    this.file = file
    this.#handle = handle
    this.#noted = /** @type {Map<string, Noted>} */ (new Map())
    this.#lines = start
    for (const line of lines) {
      const [, key, hash, deadline] = /^([\w-]{43}) ([\w-]{22}|-) (\d+(?:\.\d+)?|-);$/.exec(line) || []
      if (key === undefined) continue
      if (hash === FORGOTTEN) this.#noted.delete(key)
      else this.#noted.set(key, { hash, deadline: deadline === '-' ? Infinity : Number(deadline) })
    }
    this.flush()
  }

  /**
   * What stands for a session.
   *
   * @param {string} sid or a reference
   */
  keyOf (sid) {
    const [, hex] = /^ref:([0-9a-f]{64})$/.exec(sid) || []
    return (hex === undefined ? createHash('sha256').update(sid).digest() : Buffer.from(hex, 'hex')).toString('base64url')
  }

  /** @param {string} sid */
  find (sid) {
    return this.#noted.get(this.keyOf(sid))
  }

  /**
   * Adds a session to those that were seen, if it was copied before.
   *
   * @param {string} sid
   * @param {Set<string>} seen
   */
  mark (sid, seen) {
    const key = this.keyOf(sid)
    if (this.#noted.has(key)) seen.add(key)
  }

  /** @param {{sid: string, hash: string, deadline: number}} session */
  note ({ sid, hash, deadline }) {
    const key = this.keyOf(sid)
    this.#lines += `${key} ${hash} ${deadline === Infinity ? '-' : deadline};\n`
  }

  /**
   * What was copied by earlier runs, was not seen, and has not expired.
   *
   * @param {Set<string>} seen
   * @param {number} now
   */
  missing (seen, now) {
    return new Set([...this.#noted].filter(([key, { deadline }]) => !seen.has(key) && deadline > now).map(([key]) => key))
  }

  /** @param {Set<string>} keys */
  forget (keys) {
    for (const key of keys) this.#lines += `${key} ${FORGOTTEN} -;\n`
    this.flush()
  }

  /** @throws {Problem} */
  flush () {
    if (this.#lines === '') return
    try {
      fs.writeSync(this.#handle, this.#lines)
    } catch (err) {
      throw new Problem(`the journal ${this.file} cannot be written: ${/** @type {Error} */ (err).message}`)
    }
    this.#lines = ''
  }

  close () {
    fs.closeSync(this.#handle)
  }
}

module.exports = Journal
