'use strict'

const { makeClients } = require('../clients')
const { makeMiddleware, makeStore } = require('../contestants')
const { slicer } = require('../drive')
const { SLICE, USERS } = require('../requests')

module.exports = middleware

/** One kind of request through one middleware, nothing of Node's HTTP around it. */
async function middleware ({ contestant, kind, bytes = 0 }) {
  // Large sessions take long: fewer at a time.
  const units = bytes > 5000 ? Math.ceil(2e6 / bytes) : SLICE
  const users = Math.min(USERS, units)
  const store = makeStore(contestant)
  const send = await makeClients(makeMiddleware(contestant, store), kind, { users, bytes, sessions: contestant !== 'none' })
  // Who logs more users in would measure a larger store.
  const before = kind === 'login' && store !== undefined ? () => empty(store) : undefined
  return slicer(() => send(units), units, { before })
}

function empty (store) {
  return new Promise((resolve, reject) => store.clear((err) => err ? reject(err) : resolve()))
}
