'use strict'

const { setImmediate: nextTurn } = require('node:timers/promises')
const { makeMiddleware, makeStore } = require('../contestants')
const { makeClient, simulateClock } = require('../visitors')

const SECOND = 1000
const MINUTE = 60 * SECOND
const MB = 1_000_000

/** Leaves what a page before a login leaves: where to go back to. */
const returnTo = (length) => (session) => { session.returnTo = '/' + 'x'.repeat(length) }
/** A login that keeps the session's id, and does not say who has signed in where the store looks for it. */
const keepsId = (session) => { session.account = { id: 1 } }

/**
 * What strangers do to a store that is full of users. `users` sign in by `login` (a new id) or by what `signIn` does, and
 * come back so many times, a minute apart.
 */
const ATTACKS = {
  'large sessions, `maxBytes`': {
    store: { maxBytes: 16 * MB }, users: 20_000, visits: 1, attack: ({ stranger }) => times(2000, () => stranger(returnTo(15_000)))
  },
  'two sessions of 120 MB, `maxBytes`': {
    store: { maxBytes: 128 * MB }, users: 20_000, visits: 1, attack: ({ stranger }) => times(2, () => stranger(returnTo(120 * MB)))
  },
  'one cookie whose session is gone': {
    store: { max: 10_000 },
    users: 9000,
    visits: 1,
    async attack ({ client, gone }) {
      const { cookie } = await gone()
      await times(20_000, () => client({ cookie }, 'new'))
    }
  },
  'each cookie comes back once, users with a new id': {
    store: { max: 10_000 }, users: 9000, visits: 1, attack: ({ returning }) => times(20_000, () => returning(1))
  },
  'each cookie comes back once, users of two minutes': {
    store: { max: 10_000 }, users: 9000, signIn: keepsId, visits: 2, attack: ({ returning }) => times(20_000, () => returning(1))
  },
  'each cookie comes back five times in a second, 2,000 a second, ten minutes': {
    store: { max: 10_000 },
    users: 9000,
    signIn: keepsId,
    visits: 2,
    attack: ({ returning, clock }) => times(600, async () => {
      await times(2000, () => returning(5))
      clock.forward(SECOND)
      await nextTurn()
    })
  }
}

/** How many users are still signed in after an attack. */
async function strangers ({ name, ...subject }) {
  const { store: options, users: count, signIn = 'login', visits, attack } = ATTACKS[name]
  const clock = simulateClock()
  const store = makeStore(subject, { maxBytes: Infinity, ...options })
  const client = makeClient(makeMiddleware(subject, store))
  const isIn = (session) => session.user !== undefined || session.account !== undefined

  return async () => {
    const users = Array.from({ length: count }, (_, number) => ({ number }))
    for (const user of users) {
      await client(user, 'form')
      await client(user, signIn)
    }
    for (let visit = 0; visit < visits; visit++) {
      clock.forward(MINUTE)
      for (const user of users) await client(user, 'read')
    }

    await attack({
      client,
      clock,
      stranger: (what) => client({}, what).catch(() => {}), // a session that is refused is the app's error
      async returning (visits) {
        const stranger = {}
        await client(stranger, 'new')
        await times(visits, () => client(stranger, 'read'))
      },
      async gone () {
        const stranger = {}
        await client(stranger, 'new')
        await client(stranger, (session) => session.destroy())
        return stranger
      }
    })

    let left = 0
    for (const user of users) {
      if (isIn(await client(user, 'read'))) left++
    }
    return { [name]: left, 'of users': count }
  }
}

async function times (count, call) {
  for (let i = 0; i < count; i++) await call()
}

module.exports = { strangers, ATTACKS: Object.keys(ATTACKS) }
