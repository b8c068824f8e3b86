'use strict'

const { randomBytes } = require('crypto')
const { clearInterval, clearTimeout, setInterval, setTimeout } = require('timers')
const { elapsed } = require('../../../util/clock')
const debug = require('../../../util/debug')
const { PROOF } = require('../keys')
const push = require('./push')
const redirect = require('./redirect')

/**
 * @typedef {object} Listener
 * @property {(key: string|null) => void} changed null: all keys
 * @property {() => void} lost
 *
 * @typedef {object} Connection a connection on which the server tells of changes
 * @property {() => Promise<void>} open
 * @property {(...args: string[]) => Promise<any>} send
 * @property {() => Promise<any>} ping
 * @property {() => Promise<any>} [listen] the last step, after which only `ping` works
 * @property {() => void} close at any time; ends what `open` waits for
 *
 * @typedef {object} Owner what is told of changes
 * @property {(key: string|null) => void} changed null: any key may have changed
 * @property {() => void} begin from now on all changes are told
 * @property {() => void} end changes may go unheard
 * @property {(err: Error) => void} refused the server does not tell
 */

/** Pings in the length of a lease. */
const PINGS = 4
/** A connection is given up when it has not answered for this many leases. */
const PATIENCE = 4
/** Milliseconds until the next attempt to connect: the first, and the longest. */
const FIRST_DELAY = 100
const LONGEST_DELAY = 5000
/** Milliseconds for a new connection, and for each step of the proof that changes are told. */
const OPEN_TIME = 10_000
const PROOF_TIME = 2000
/** The error of a server that cannot track keys, or that does not allow this user to. */
const REFUSED = /NOPERM|syntax error|unknown (sub)?command|wrong number of arguments|not (supported|allowed|permitted)|unrecognized|emitInvalidate|RESP3|no such server/i

/**
 * Has the server tell of changes to keys, on a connection of its own, and renews the lease by pings on it. While anything
 * is in doubt there is no lease: when either connection is lost, until it is proven again that changes which are made on
 * the app's connection are told on this one.
 */
class Tracking {
  /** @type {Connection|undefined} */
  #connection
  /** Counts the attempts: what belongs to an earlier one is void. */
  #attempt = 0
  #isStarted = false
  #delay = FIRST_DELAY
  /** @type {NodeJS.Timeout|undefined} */
  #timer
  #lastAnswer = 0
  #isTelling = false
  /** @type {((key: string) => void)|undefined} */
  #proof

  /**
   * @param {import('../client').Client} client
   * @param {string} prefix of the keys
   * @param {import('./lease')} lease
   * @param {Owner} owner
   */
  constructor (client, prefix, lease, owner) {
    this.client = client
    this.prefix = prefix
    this.lease = lease
    this.owner = owner
  }

  /** The app's connection is there. */
  start () {
    this.stop()
    this.#isStarted = true
    this.#delay = FIRST_DELAY
    this.#connect(++this.#attempt)
  }

  /** The app's connection is lost. It may come back to another server. */
  stop () {
    this.#isStarted = false
    this.#drop()
  }

  #drop () {
    this.#attempt++
    this.lease.revoke()
    clearInterval(this.#timer)
    clearTimeout(this.#timer)
    const connection = this.#connection
    this.#connection = undefined
    if (this.#isTelling) {
      this.#isTelling = false
      this.owner.end()
    }
    if (connection !== undefined) connection.close()
  }

  /** @param {number} attempt */
  async #connect (attempt) {
    const isCurrent = () => attempt === this.#attempt
    const { connectionOf } = this.client.kind === 'ioredis' ? redirect : push
    try {
      let isOpen = false
      const connection = this.#connection = connectionOf(this.client.raw, this.client.keyPrefix + this.prefix, {
        changed: key => { if (isCurrent()) this.#changed(key) },
        // Clients emit an error before `open` can say what is wrong: a refusal would look like a lost connection.
        lost: () => { if (isOpen && isCurrent()) this.#lost() }
      })
      await inTime(connection.open(), OPEN_TIME)
      if (!isCurrent()) return
      isOpen = true
      await this.#prove(connection)
      if (!isCurrent()) return
      this.#begin(attempt)
    } catch (err) {
      if (!isCurrent()) return
      const error = /** @type {Error} */ (err)
      if (REFUSED.test(String(error.message))) {
        this.#drop()
        this.owner.refused(error)
      } else {
        debug('the near cache has no connection: %s', error.message)
        this.#lost()
      }
    }
  }

  /**
   * That both connections are to one server, and that what one changes is told on the other.
   *
   * @param {Connection} connection
   */
  async #prove (connection) {
    const { client } = this
    const key = this.prefix + PROOF + randomBytes(9).toString('base64url')
    const [here, there] = await Promise.all([
      inTime(client.send(key, ['INFO', 'server'])), inTime(connection.send('INFO', 'server'))
    ])
    if (serverOf(here) !== serverOf(there)) throw new Error('the two connections are to different servers')

    if (connection.listen !== undefined) await inTime(connection.listen())
    /** @type {(told: string) => void} */
    let proof = () => {}
    const isTold = new Promise(resolve => {
      proof = told => { if (told === client.keyPrefix + key) resolve(undefined) }
    })
    this.#proof = proof
    try {
      await inTime(client.send(key, ['SET', key, '', 'PX', String(PROOF_TIME)]))
      await inTime(isTold)
    } finally {
      if (this.#proof === proof) this.#proof = undefined // else a later attempt waits for its own
    }
    await inTime(client.send(key, ['UNLINK', key]))
  }

  /** @param {number} attempt */
  #begin (attempt) {
    this.#delay = FIRST_DELAY
    this.#isTelling = true
    this.#lastAnswer = elapsed()
    this.lease.hasJumped()
    this.owner.begin()
    this.#ping(attempt)
    this.#timer = setInterval(() => this.#ping(attempt), this.lease.length / PINGS)
    this.#timer.unref()
  }

  /** @param {number} attempt */
  #ping (attempt) {
    const { lease } = this
    const connection = /** @type {Connection} */ (this.#connection)
    const sent = elapsed()
    if (sent - this.#lastAnswer > PATIENCE * lease.length) return this.#lost()
    connection.ping().then(() => {
      if (attempt !== this.#attempt) return
      this.#lastAnswer = elapsed()
      if (lease.hasJumped()) this.owner.changed(null)
      lease.renew(sent)
    }, (/** @type {Error} */ err) => {
      if (attempt !== this.#attempt) return
      debug('the near cache has lost its connection: %s', err.message)
      this.#lost()
    })
  }

  /** @param {string|null} key */
  #changed (key) {
    if (this.#proof !== undefined && key !== null) this.#proof(key)
    if (key === null) return this.owner.changed(null)
    this.owner.changed(key.slice(this.client.keyPrefix.length + this.prefix.length))
  }

  #lost () {
    this.#drop()
    if (!this.#isStarted) return
    const attempt = this.#attempt
    this.#timer = setTimeout(() => this.#connect(attempt), this.#delay * (0.5 + Math.random()))
    this.#timer.unref()
    this.#delay = Math.min(this.#delay * 2, LONGEST_DELAY)
  }
}

/**
 * @template T
 * @param {Promise<T>} promise
 * @param {number} [ms]
 * @return {Promise<T>}
 */
function inTime (promise, ms = PROOF_TIME) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the proof that changes are told takes too long')), ms)
    timer.unref()
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** @param {any} info */
function serverOf (info) {
  const found = /run_id:(\w+)/.exec(String(info))
  if (found === null) throw new Error('no such server: INFO gives no run_id')
  return found[1]
}

module.exports = Tracking
