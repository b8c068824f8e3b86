'use strict'

const { isLatin1 } = require('../../util/text')

/** What V8 keeps for a string beside its characters: a header, and on average half a word of padding. */
const STRING = 20
/** The same for a Record, with its places in a Map and a heap: measured with a million sessions on Node 20. */
const RECORD = 220

/** One creation of a session. It is the session's revision too: a request that has loaded it holds on to it. */
class Record {
  /**
   * @param {string} sid
   * @param {number} number counts creations
   */
  constructor (sid, number) {
    this.sid = sid
    this.number = number
    /** @type {string|undefined} the cookie's JSON; undefined where it is in `data` */
    this.cookie = undefined
    /** The JSON of the rest, or the whole text. */
    this.data = ''
    this.bytes = 0
    this.deadline = NaN
    this.isDestroyed = false

    this.rank = 0
    /** When the client came back first, in units of ranks.js, or NaN. */
    this.returned = NaN
    /** @type {Record|undefined} the neighbours in the list of its rank */
    this.older = undefined
    /** @type {Record|undefined} */
    this.newer = undefined

    /** Its place among the deadlines, or -1. */
    this.at = -1
    /** The deadline that it has that place for: no later than its own. */
    this.due = NaN
  }

  /** The whole text. */
  get text () {
    const { cookie, data } = this
    if (cookie === undefined) return data
    return data === '{}' ? `{"cookie":${cookie}}` : `{"cookie":${cookie},${data.slice(1)}`
  }

  /** Lets go of the text: a request may hold the record for long. */
  empty () {
    this.cookie = undefined
    this.data = ''
  }
}

/**
 * What a session takes in V8's heap, in bytes.
 *
 * @param {string} sid
 * @param {string|undefined} cookie
 * @param {string} data
 */
function sizeOf (sid, cookie, data) {
  return RECORD + stringSize(sid) + stringSize(data) + (cookie === undefined ? 0 : stringSize(cookie))
}

/** @param {string} text */
function stringSize (text) {
  return STRING + text.length * (isLatin1(text) ? 1 : 2)
}

module.exports = { Record, sizeOf, stringSize }
