'use strict'

/*
 * The session of the measurements: 238 bytes of JSON with its cookie, and an id of 32 characters.
 */

const NAME = 'connect.sid'
const SECRET = 'a secret of the benchmarks, 32 or more characters'
const USER = 'Augusta Ada King, Lovelace'
const COOKIE = { maxAge: 24 * 60 * 60 * 1000 }

/** What a login writes. */
function fill (session, number) {
  session.user = { id: 100000 + number % 900000, name: USER, roles: [2] }
  session.views = 1
  session.csrf = token(number)
}

function token (number) {
  return String(number).padStart(32, 'c6Vt0rXwq9ZkLmN3bYsD7fGhJ2pTuAeR')
}

/** `fill`, and rows of a shopping basket until the data have about `bytes` bytes. */
function padded (session, number, bytes) {
  fill(session, number)
  const rows = Math.round((bytes - 200) / ROW_LENGTH)
  if (rows > 0) session.basket = Array.from({ length: rows }, (_, row) => rowOf(number, row))
}

function rowOf (number, row) {
  return { sku: `A-${1000000 + (number * 31 + row) % 8999999}`, name: 'Leather notebook, A5, ruled', count: 1 + row % 9, price: 24.5 }
}

const ROW_LENGTH = JSON.stringify(rowOf(1, 1)).length + 1

module.exports = { COOKIE, NAME, SECRET, USER, fill, padded }
