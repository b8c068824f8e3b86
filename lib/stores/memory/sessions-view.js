'use strict'

const { now } = require('../../util/clock')
const { deadlineOf } = require('../deadline')
const { RANK } = require('../engine')
const rankOf = require('../rank')

module.exports = { sessionsView }

/** @typedef {import('../engine').Stored} Stored */

/**
 * The texts of a store by their ids, read and written like a plain object: upstream's MemoryStore has such a property,
 * and apps and tests look into it. For engines that answer at once.
 *
 * @param {import('../engine').Engine} engine
 */
function sessionsView (engine) {
  /** @param {string|symbol} sid */
  const read = sid => {
    const stored = typeof sid === 'string' ? /** @type {Stored|undefined} */ (engine.peek(sid, now())) : undefined
    return stored && stored.text
  }
  /** @param {string|undefined} value */
  const describe = value => value === undefined
    ? undefined
    : { value, configurable: true, enumerable: true, writable: true }

  /** @type {ProxyHandler<any>} */
  const handler = {
    get: (_, sid) => read(sid),
    has: (_, sid) => read(sid) !== undefined,
    getOwnPropertyDescriptor: (_, sid) => describe(read(sid)),
    ownKeys: () => allIds(engine),
    /**
     * @param {object} _
     * @param {string} sid
     * @param {string} text
     */
    set (_, sid, text) {
      engine.commit(writeOfText(engine, String(sid), String(text)))
      return true
    },
    /**
     * @param {object} _
     * @param {string} sid
     */
    defineProperty (_, sid, { value }) {
      return /** @type {any} */ (handler).set(_, sid, value)
    },
    /**
     * @param {object} _
     * @param {string} sid
     */
    deleteProperty (_, sid) {
      engine.destroy(String(sid), now())
      return true
    }
  }
  return new Proxy(Object.create(null), handler)
}

/** @param {import('../engine').Engine} engine */
function allIds (engine) {
  /** @type {string[]} */
  const all = []
  for (let part = 0, sids; (sids = /** @type {string[]|null} */ (engine.ids(part, now()))) !== null; part++) all.push(...sids)
  return all
}

/**
 * @param {import('../engine').Engine} engine
 * @param {string} sid
 * @param {string} text
 */
function writeOfText (engine, sid, text) {
  const time = now()
  let session
  try {
    session = engine.options.serializer.parse(text)
  } catch {
    // A request that reads it gets the error. Until then it is kept as long as any other.
  }
  session = Object(session)
  const deadline = deadlineOf(engine.options, session, sid, time)
  const rank = rankOf(engine.options, session, RANK.NEW)
  return { sid, session, text, deadline, revision: undefined, hint: undefined, rank, now: time }
}
