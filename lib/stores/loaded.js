'use strict'

const { PENDING } = require('./engine')
const { parse } = require('./parse')

/**
 * @typedef {import('./engine').Engine} Engine
 * @typedef {import('./engine').Stored} Stored
 * @typedef {import('../cookie/plain-keyring').Keyring} Keyring
 */

/** A session as an engine loads it for a request. */
class Loaded {
  /**
   * @param {any} data parsed; with the cookie in it where `cookie` is undefined
   * @param {object|undefined} cookie a Cookie
   * @param {unknown} revision
   * @param {unknown} hint
   * @param {string} [text] of `data`, as JSON.stringify made it
   */
  constructor (data, cookie, revision, hint, text) {
    this.data = data
    this.cookie = cookie
    this.revision = revision
    this.hint = hint
    this.text = text
    /** @type {any} why the stored text cannot be parsed */
    this.error = undefined
  }
}

/**
 * `load` for an engine that has no quicker way than its `get`.
 *
 * @param {Engine} engine
 * @param {Keyring} keyring
 * @param {string} header
 * @param {number} now
 */
function loadByGet (engine, keyring, header, now) {
  const opened = keyring.open(header)
  if (opened === undefined) return undefined
  const stored = engine.get(opened.sid, now)
  opened.found = stored === undefined || stored === PENDING ? stored : loadedFrom(stored)
  return opened
}

/**
 * A Loaded made of a whole text. An empty text is no session: upstream takes it so.
 *
 * @param {Stored} stored
 */
function loadedFrom ({ text, revision }) {
  if (text === '') return undefined
  const loaded = new Loaded(undefined, undefined, revision, undefined)
  try {
    loaded.data = parse(JSON, text)
  } catch (err) {
    loaded.error = err
  }
  return loaded
}

module.exports = { Loaded, loadByGet, loadedFrom }
