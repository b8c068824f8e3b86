'use strict'

const fs = require('fs/promises')
const { mkdirSync, realpathSync, statSync } = require('fs')
const path = require('path')
const { finite, unbounded } = require('./forever')
const Problem = require('../problem')

module.exports = openFolder

/** @typedef {import('./index').Place} Place */

/** How many files are read and written at once. */
const PAGE = 50
/** What session-file-store has where it is told nothing else. */
const TTL = 3600
const EXTENSION = '.json'
/** Of a file that is not ready. */
const UNREADY = '.copying'

/**
 * Opens a folder of session-file-store.
 *
 * @param {string} folder
 * @param {boolean} writes it is made if it does not exist
 * @param {URLSearchParams} options
 */
function openFolder (folder, writes, options) {
  const ttl = options.has('ttl') ? Number(options.get('ttl')) : TTL
  if (!(ttl > 0 && ttl < Infinity)) throw new Problem(`the ttl of ${folder} must be a number of seconds above 0, not ${JSON.stringify(options.get('ttl'))}`)
  try {
    if (writes) mkdirSync(folder, { recursive: true, mode: 0o700 })
    if (statSync(folder).isDirectory()) return new Folder(realpathSync(folder), ttl * 1000, options.get('extension') ?? EXTENSION)
  } catch (err) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (err)
    if (code === 'ENOENT') throw new Problem(`there is no folder ${path.resolve(folder)}`)
    if (code !== 'EEXIST') throw new Problem(`the folder ${path.resolve(folder)} cannot be used: ${message}`)
  }
  throw new Problem(`${path.resolve(folder)} is a file, and session-file-store has a folder`)
}

/** @implements {Place} */
class Folder {
  #folder
  #ttl
  #extension

  /**
   * @param {string} folder
   * @param {number} ttl in ms
   * @param {string} extension
   */
  constructor (folder, ttl, extension) {
    this.name = `the session-file-store folder ${folder}`
    this.key = `session-file-store:${folder}?extension=${extension}`
    this.isHashed = false
    this.#folder = folder
    this.#ttl = ttl
    this.#extension = extension
  }

  async count () {
    return (await this.#names()).length
  }

  async #names () {
    const names = await this.#ask(() => fs.readdir(this.#folder))
    return names.filter(name => name.endsWith(this.#extension) && !name.endsWith(UNREADY))
  }

  async * pages () {
    const sids = (await this.#names()).map(name => name.slice(0, name.length - this.#extension.length))
    for (let at = 0; at < sids.length; at += PAGE) {
      const found = await this.read(sids.slice(at, at + PAGE))
      // A session that was destroyed meanwhile has no file any more.
      yield /** @type {import('./index').Found[]} */ (found.filter(session => session !== undefined))
    }
  }

  /** @param {string[]} sids */
  async read (sids) {
    return Promise.all(sids.map(sid => this.#read(sid)))
  }

  /**
   * @param {string} sid
   * @return {Promise<import('./index').Found|undefined>}
   */
  async #read (sid) {
    const file = this.#fileOf(sid)
    if (file === undefined) return undefined
    let text
    let modified
    try {
      text = await fs.readFile(file, 'utf8')
      modified = (await fs.stat(file)).mtimeMs
    } catch (err) {
      const { code, message } = /** @type {NodeJS.ErrnoException} */ (err)
      if (code === 'ENOENT' || code === 'ENAMETOOLONG') return undefined
      return { sid, deadline: NaN, problem: `its file cannot be read (${code || message})` }
    }
    let session
    try {
      session = JSON.parse(text)
    } catch {}
    if (session === null || typeof session !== 'object') return { sid, text, deadline: Infinity }
    // The store's own, which it puts into the session.
    const { __lastAccess: accessed, ...data } = session
    const deadline = (typeof accessed === 'number' ? accessed : Math.floor(modified)) + this.#lifetimeOf(data)
    return { sid, text: JSON.stringify(data), deadline: unbounded(deadline) }
  }

  /** @param {any} session */
  #lifetimeOf ({ cookie }) {
    return cookie && typeof cookie.originalMaxAge === 'number' && cookie.originalMaxAge > 0 ? cookie.originalMaxAge : this.#ttl
  }

  /** @param {string} sid */
  #fileOf (sid) {
    const name = sid + this.#extension
    return path.basename(name) === name && !name.includes('\0') ? path.join(this.#folder, name) : undefined
  }

  /**
   * @param {import('./index').Entry[]} entries
   * @return {Promise<import('./index').Outcome[]>}
   */
  async write (entries) {
    return Promise.all(entries.map(entry => this.#write(entry)))
  }

  /**
   * A file is there whole or not at all, whenever the command is killed.
   *
   * @param {import('./index').Entry} entry
   * @return {Promise<import('./index').Outcome>}
   */
  async #write ({ sid, text, deadline, expected }) {
    const file = this.#fileOf(sid)
    if (file === undefined) return { refused: 'its id cannot be the name of a file' }
    const session = JSON.parse(text)
    session.__lastAccess = finite(deadline) - this.#lifetimeOf(session)
    const there = await this.#read(sid)
    if (expected !== undefined ? there === undefined || there.text !== expected : there !== undefined) return 'changed'

    const unready = file + UNREADY
    try {
      await fs.writeFile(unready, JSON.stringify(session))
    } catch (err) {
      if (/** @type {NodeJS.ErrnoException} */ (err).code === 'ENAMETOOLONG') return { refused: 'its id is too long for the name of a file' }
      throw this.#problem(err)
    }
    if (expected !== undefined) await this.#ask(() => fs.rename(unready, file))
    else {
      try {
        await fs.link(unready, file) // fails where the app has written one meanwhile
      } catch (err) {
        if (/** @type {NodeJS.ErrnoException} */ (err).code === 'EEXIST') return 'changed'
        await this.#ask(() => fs.rename(unready, file)) // a file system without links
        return 'done'
      } finally {
        await fs.rm(unready, { force: true })
      }
    }
    return 'done'
  }

  /** @param {string[]} sids */
  async destroy (sids) {
    for (const sid of sids) {
      const file = this.#fileOf(sid)
      if (file !== undefined) await this.#ask(() => fs.rm(file, { force: true }))
    }
  }

  close () {}

  /**
   * @template T
   * @param {() => Promise<T>} call
   */
  async #ask (call) {
    try {
      return await call()
    } catch (err) {
      throw this.#problem(err)
    }
  }

  /** @param {any} err */
  #problem (err) {
    return new Problem(`${this.name} cannot be used: ${err.message}`)
  }
}
