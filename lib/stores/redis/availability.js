'use strict'

const { clearInterval, clearTimeout, setInterval, setTimeout } = require('timers')

/** How long an outage lasts before it is reported when `storeTimeout` is off, in milliseconds. */
const GRACE = 5000
/** Questions to a server in that time, and how many of them may be without an answer: a client keeps them while there is none. */
const PROBES = 4
const MOST = 8

/**
 * Whether the server can be reached. A short outage is not reported: when the connection is back, the client sends the
 * commands that it has queued. After a longer one, calls fail at once until there is an answer again.
 *
 * Not every client tells of its connections, and none of a server that hangs. So the store asks, from the first doubt on.
 */
class Availability {
  /**
   * @param {import('./client').Client} client
   * @param {number} grace milliseconds that a lost connection may take to come back
   * @param {() => Promise<boolean>} probe asks the server, any one of a cluster; true: it has answered
   * @param {{up: () => void, down: () => void}} [near] told at once
   */
  constructor (client, grace, probe, near) {
    this.isDown = false
    /** @type {NodeJS.Timeout|undefined} */
    this.timer = undefined
    /** @type {NodeJS.Timeout|undefined} there is one while in doubt */
    this.probes = undefined
    this.waiting = 0
    this.grace = grace || GRACE
    this.probe = probe
    /** @type {(isDown: boolean) => void} */
    this.tell = () => {}
    this.near = near
    this.end = client.follow(() => this.up(), () => this.lost())
  }

  up () {
    this.answered()
    if (this.near !== undefined) this.near.up()
  }

  lost () {
    if (this.near !== undefined) this.near.down()
    this.doubt()
  }

  /** A call had no answer. */
  doubt () {
    if (this.probes !== undefined) return
    this.timer = setTimeout(() => this.set(true), this.grace)
    this.timer.unref()
    this.probes = setInterval(() => this.ask(), Math.ceil(this.grace / PROBES))
    this.probes.unref()
    this.ask()
  }

  async ask () {
    if (this.waiting === MOST) return
    this.waiting++
    const isAnswered = await this.probe()
    this.waiting--
    if (isAnswered) this.answered()
  }

  /** A server has answered a call. */
  answered () {
    if (this.probes === undefined) return
    this.stop()
    this.set(false)
  }

  /** @param {boolean} isDown */
  set (isDown) {
    if (this.isDown === isDown) return
    this.isDown = isDown
    this.tell(isDown)
  }

  stop () {
    clearTimeout(this.timer)
    clearInterval(this.probes)
    this.probes = undefined
  }

  close () {
    this.stop()
    this.end()
    this.near = undefined
    this.isDown = false // the client says what is wrong
  }
}

module.exports = Availability
