'use strict'

const { clearTimeout, setTimeout } = require('timers')

/** How long an outage lasts before it is reported when `storeTimeout` is off, in milliseconds. */
const GRACE = 5000

/**
 * Whether the server can be reached. A short outage is not reported: when the connection is back, the client sends the
 * commands that it has queued. After a longer one, calls fail at once until the client is ready again.
 */
class Availability {
  /**
   * @param {import('./client').Client} client
   * @param {number} grace milliseconds that a lost connection may take to come back
   * @param {{up: () => void, down: () => void}} [near] told at once
   */
  constructor (client, grace, near) {
    this.isDown = false
    /** @type {NodeJS.Timeout|undefined} */
    this.timer = undefined
    this.grace = grace || GRACE
    /** @type {(isDown: boolean) => void} */
    this.tell = () => {}
    this.near = near
    this.end = client.follow(() => this.up(), () => this.lost())
  }

  up () {
    clearTimeout(this.timer)
    this.timer = undefined
    this.set(false)
    if (this.near !== undefined) this.near.up()
  }

  lost () {
    if (this.near !== undefined) this.near.down()
    if (this.isDown || this.timer !== undefined) return
    this.timer = setTimeout(() => this.set(true), this.grace)
    this.timer.unref()
  }

  /** @param {boolean} isDown */
  set (isDown) {
    if (this.isDown === isDown) return
    this.isDown = isDown
    this.tell(isDown)
  }

  close () {
    clearTimeout(this.timer)
    this.timer = undefined
    this.end()
  }
}

module.exports = Availability
