'use strict'

/*
 * What is measured: one session (238 bytes of JSON with its cookie) and five kinds of request.
 */

const NAME = 'connect.sid'
const SECRET = 'a secret of the benchmarks, 32 or more characters'
const USER = 'Augusta Ada King, Lovelace'
const MAX_AGE = 24 * 60 * 60 * 1000
/** Options of every session middleware. */
const OPTIONS = { secret: SECRET, resave: false, saveUninitialized: false, cookie: { maxAge: MAX_AGE } }

const KINDS = ['anonymous', 'login', 'read', 'write', 'forged']
/** Users who take turns. */
const USERS = 1000
/** Requests in flight: those that wait for a store share a turn of the event loop. */
const IN_FLIGHT = 10
/** Requests between two looks at the clock. */
const SLICE = 1000

const ROW_LENGTH = JSON.stringify(basketRow(1, 1)).length + 1

/** What a login writes. For larger sessions, a shopping basket fills the data up to about `bytes` bytes. */
function fill (session, number, bytes = 0) {
  session.user = { id: 100000 + number % 900000, name: USER, roles: [2] }
  session.views = 1
  session.csrf = String(number).padStart(32, 'c6Vt0rXwq9ZkLmN3bYsD7fGhJ2pTuAeR')
  const rows = Math.round((bytes - 200) / ROW_LENGTH)
  if (rows > 0) session.basket = Array.from({ length: rows }, (_, row) => basketRow(number, row))
  return session
}

function basketRow (number, row) {
  return { sku: `A-${1000000 + (number * 31 + row) % 8999999}`, name: 'Leather notebook, A5, ruled', count: 1 + row % 9, price: 24.5 }
}

module.exports = { IN_FLIGHT, KINDS, MAX_AGE, NAME, OPTIONS, SECRET, SLICE, USER, USERS, fill }
