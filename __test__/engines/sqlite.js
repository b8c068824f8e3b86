'use strict'

const { createHash } = require('node:crypto')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const SQLiteEngine = require('../../lib/stores/sqlite/engine')
const { readOptions } = require('../../lib/stores/sqlite/options')

/*
 * SQLite engines for the suite, each on a file of its own. The engine gives references in place of ids; the suite asks
 * for ids, and each was given to the engine at some time: here they are turned back.
 */

const MOST_OPEN = 20
const root = fs.mkdtempSync(path.join(fs.existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir(), 'sqlite-engines-'))
process.on('exit', () => fs.rmSync(root, { recursive: true, force: true }))

let files = 0
/** A property test makes hundreds, one after the other, and closes none. */
const open = []

/** A path at which there is nothing. */
function newFile () {
  return path.join(root, `${++files}.db`)
}

/**
 * @param {object} [options] of a SQLiteStore; without a file, on a new one
 * @param {boolean} [later] let the writer thread do all writes, as if the file was always in use
 */
function sqlite (options, later = false) {
  const engine = new Named(readOptions({ file: newFile(), ...options }), later)
  open.push(engine)
  if (open.length > MOST_OPEN) {
    const oldest = open.shift()
    oldest.close()
    fs.rmSync(oldest.options.file, { force: true })
  }
  return engine
}

class Named extends SQLiteEngine {
  #sids = new Map()

  #named (sid) {
    this.#sids.set(referenceTo(sid), sid)
    return sid
  }

  #nameOf (reference) {
    return this.#sids.has(reference) ? this.#sids.get(reference) : reference
  }

  commit (write, callback) {
    this.#named(write.sid)
    return super.commit(write, callback)
  }

  destroy (sid, now, callback) {
    return super.destroy(this.#named(sid), now, callback)
  }

  ids (part, now) {
    const references = super.ids(part, now)
    return references && references.map(reference => this.#nameOf(reference))
  }

  drain (watch, most, now) {
    return super.drain(watch, most, now).map((text, at) => at % 3 === 1 ? this.#nameOf(text) : text)
  }
}

/** The reference to a session, as SQLiteStore gives it. */
function referenceTo (sid) {
  return 'ref:' + createHash('sha256').update(bytesOf(sid)).digest('hex')
}

/** Ids that have no UTF-8 are hashed as UTF-16, after a byte that is in no UTF-8. */
function bytesOf (sid) {
  return !/\p{Surrogate}/u.test(sid) ? sid : Buffer.concat([Buffer.from([0xff]), Buffer.from(sid, 'utf16le')])
}

module.exports = { newFile, referenceTo, root, sqlite }
