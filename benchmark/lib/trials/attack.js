'use strict'

const { setImmediate: nextTurn } = require('node:timers/promises')
const { makeMiddleware, makeStore } = require('../contestants')
const { makeClient, simulateClock } = require('./flood')

const USERS = 900
const STRANGERS = 20_000
/** Strangers of one millisecond. */
const AT_ONCE = 2

/** What each stranger stores: bytes, in turn. */
const SIZES = { small: [40], large: [15_000], mixed: [40, 15_000, 300, 60_000, 2000] }

/**
 * A bounded store that is full of users who have signed in, and strangers who are up to something: how many users are
 * logged out?
 *
 * @param {object} args
 * @param {object} args.bounds of the store
 * @param {'small'|'large'|'mixed'} args.sizes
 * @param {number} args.returns how often each stranger comes back within a few milliseconds
 * @param {boolean} args.shared all strangers send one cookie, whose session is gone
 */
async function attack ({ bounds, sizes, returns, shared, ...subject }) {
  const clock = simulateClock()
  const store = makeStore(subject, bounds)
  const client = makeClient(makeMiddleware(subject, store))

  return async () => {
    const users = Array.from({ length: USERS }, (_, number) => ({ number }))
    for (const user of users) {
      await client(user, 'form')
      await client(user, 'login')
      clock.forward(1)
    }
    const gone = {}
    await client(gone, 'form')
    await client(gone, 'logout')

    const pads = SIZES[sizes].map((length) => 'x'.repeat(length))
    for (let n = 0; n < STRANGERS; n++) {
      const stranger = { number: n, cookie: shared ? gone.cookie : undefined, pad: pads[n % pads.length] }
      await client(stranger, 'new')
      for (let i = 0; i < returns; i++) await client(stranger, 'read')
      if (n % AT_ONCE === 0) clock.forward(1)
      if (n % 100 === 0) await nextTurn()
    }

    let lost = 0
    for (const user of users) if ((await client(user, 'read')).user === undefined) lost++
    return { 'users logged out': lost }
  }
}

module.exports = { attack }
