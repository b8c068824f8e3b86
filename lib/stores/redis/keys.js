'use strict'

const { inTransaction } = require('./errors')

/** How many commands for single keys are on their way at once, in a cluster. */
const AT_ONCE = 100

/** Near caches write ids that begin with this, to prove that changes are told. They are no sessions. */
const PROOF = 'near-cache-test-'

/**
 * @typedef {import('./client').Client} Client
 *
 * @typedef {object} Cursor where a walk over the keys has come
 * @property {import('./client').Send[]} masters
 * @property {number} master
 * @property {string} cursor
 * @property {Set<string>} seen the ids that were given: SCAN may give one twice
 *
 * @typedef {string[] & {next?: Cursor|null}} Page ids, and where to go on; null after the last
 */

/** The keys of a store's sessions, walked over in pages (SCAN), on all servers. */
class Keys {
  /**
   * @param {Client} client
   * @param {string} prefix
   * @param {number} scanCount how many keys a server looks at for a page
   * @param {<T>(ask: () => Promise<T>) => Promise<T>} inTime bounds how long an answer may take
   */
  constructor (client, prefix, scanCount, inTime) {
    this.client = client
    this.inTime = inTime
    this.prefix = prefix
    this.start = client.keyPrefix.length + prefix.length
    this.scan = ['MATCH', `${escapeGlob(client.keyPrefix + prefix)}*`, 'COUNT', String(scanCount)]
  }

  /**
   * @param {Cursor} [from] without it, the first page
   * @return {Promise<Page>}
   */
  async page (from) {
    const at = from || { masters: await this.inTime(() => this.client.masters()), master: 0, cursor: '0', seen: new Set() }
    const reply = await this.inTime(() => at.masters[at.master](['SCAN', at.cursor, ...this.scan]))
    if (!Array.isArray(reply)) throw inTransaction()
    const [cursor, keys] = reply

    /** @type {Page} */
    const sids = []
    for (const key of keys) {
      const sid = String(key).slice(this.start)
      if (at.seen.has(sid) || sid.startsWith(PROOF)) continue
      at.seen.add(sid)
      sids.push(sid)
    }
    const isDone = String(cursor) === '0'
    const master = isDone ? at.master + 1 : at.master
    sids.next = master < at.masters.length ? { ...at, master, cursor: String(cursor) } : null
    return sids
  }

  async * pages () {
    /** @type {Cursor|null|undefined} */
    let next
    while (next !== null) {
      const page = await this.page(next)
      yield page
      next = page.next
    }
  }

  /**
   * The texts of some sessions, in order; null for one that is gone, or whose key holds no text.
   *
   * @param {string[]} sids
   * @return {Promise<(string|null)[]>}
   */
  async texts (sids) {
    if (sids.length === 0) return []
    const keys = sids.map(sid => this.prefix + sid)
    if (this.client.topology !== 'cluster') return this.inTime(() => this.client.send(keys[0], ['MGET', ...keys]))
    return this.each(keys, key => this.client.send(key, ['GET', key]).catch(nothingOfWrongType))
  }

  /**
   * Removes some sessions. Their memory is freed on a thread of the server.
   *
   * @param {string[]} sids
   */
  async remove (sids) {
    if (sids.length === 0) return
    const keys = sids.map(sid => this.prefix + sid)
    if (this.client.topology !== 'cluster') await this.inTime(() => this.client.send(keys[0], ['UNLINK', ...keys]))
    else await this.each(keys, key => this.client.send(key, ['UNLINK', key]))
  }

  /**
   * In a cluster the keys of a page are on many slots, and one command cannot name them all.
   *
   * @param {string[]} keys
   * @param {(key: string) => Promise<any>} work
   */
  async each (keys, work) {
    const results = []
    for (let i = 0; i < keys.length; i += AT_ONCE) {
      results.push(...await this.inTime(() => Promise.all(keys.slice(i, i + AT_ONCE).map(work))))
    }
    return results
  }
}

/** @param {any} err */
function nothingOfWrongType (err) {
  if (/WRONGTYPE/.test(String(err.message))) return null // as MGET has it
  throw err
}

/** @param {string} text */
function escapeGlob (text) {
  return text.replace(/[*?[\]\\]/g, '\\$&')
}

module.exports = Keys
module.exports.PROOF = PROOF
