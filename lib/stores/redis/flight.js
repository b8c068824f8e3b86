'use strict'

const { elapsed } = require('../../util/clock')
const defer = require('../../util/defer')

/** @typedef {import('../engine').Callback<any>} Callback */

/** Milliseconds that a turn of the event loop takes, if nothing blocks it. */
const TURN = 10

/**
 * The commands on their way, by session id: reads of one id at once share one GET, and what a near cache may keep of an
 * answer depends on what happened to that id meanwhile.
 */
class Flights {
  // Private, so that nothing prints ids.
  #lanes = /** @type {Map<string, Lane>} */ (new Map())
  #departing = /** @type {Flight[]} */ ([])
  /** How often everything has changed. */
  #spoilt = 0

  /**
   * A read on its way that another read may join, or undefined.
   *
   * In the same turn of the event loop it has hardly left this process, so what it gives is hardly older than the other.
   * Later it is older: `mayJoin` says whether that is good enough.
   *
   * @param {string} sid
   * @param {(flight: Flight) => boolean} [mayJoin]
   */
  joinable (sid, mayJoin) {
    const lane = this.#lanes.get(sid)
    const flight = lane && lane.newest
    if (flight === undefined || !this.isClean(flight)) return undefined
    const isNew = !flight.hasDeparted && elapsed() - flight.begun < TURN
    return isNew || (mayJoin !== undefined && mayJoin(flight)) ? flight : undefined
  }

  /**
   * Begins a read.
   *
   * @param {string} sid
   */
  read (sid) {
    const flight = this.#begin(sid)
    flight.lane.newest = flight
    if (this.#departing.push(flight) === 1) defer(() => this.#depart())
    return flight
  }

  /**
   * A session has changed. What is on its way may not have seen that.
   *
   * @param {string} sid
   */
  spoil (sid) {
    const lane = this.#lanes.get(sid)
    if (lane !== undefined) lane.version++
  }

  /** All sessions may have changed. */
  spoilAll () {
    this.#spoilt++
  }

  /**
   * Whether nothing is known to have happened to the session since the command was sent.
   *
   * @param {Flight} flight
   */
  isClean (flight) {
    return flight.version === flight.lane.version && flight.spoilt === this.#spoilt
  }

  /** @param {Flight} flight that is answered */
  end (flight) {
    const { lane } = flight
    if (lane.newest === flight) lane.newest = undefined
    if (--lane.flights === 0) this.#lanes.delete(flight.sid)
  }

  /**
   * @param {string} sid
   * @return {Flight}
   */
  #begin (sid) {
    let lane = this.#lanes.get(sid)
    if (lane === undefined) this.#lanes.set(sid, lane = { flights: 0, version: 0, newest: undefined })
    lane.flights++
    return { sid, lane, version: lane.version, spoilt: this.#spoilt, begun: elapsed(), isTold: false, hasDeparted: false, callbacks: [] }
  }

  #depart () {
    for (const flight of this.#departing) flight.hasDeparted = true
    this.#departing = []
  }
}

/**
 * @typedef {object} Lane what is on its way for one id
 * @property {number} flights
 * @property {number} version counts the changes
 * @property {Flight|undefined} newest the newest read
 *
 * @typedef {object} Flight
 * @property {string} sid
 * @property {Lane} lane
 * @property {number} version
 * @property {number} spoilt
 * @property {number} begun when the read began, as `elapsed` counts
 * @property {boolean} isTold whether a near cache is told of changes since then
 * @property {boolean} hasDeparted
 * @property {Callback[]} callbacks of the reads that share it
 */

module.exports = Flights
