'use strict'

const { randomFillSync } = require('node:crypto')
const { native, upstream } = require('./contestants')
const { COOKIE, fill } = require('./sample')

/*
 * The three stores in one process, and what they are filled with.
 */

module.exports = { fillUp, library, makeIds, makeSession, makeStore, nextTurn }

/** Sessions stored in one turn of the event loop. */
const AT_ONCE = 500

function library (contestant) {
  return contestant === 'ours' ? native() : upstream()
}

function makeStore (contestant, options) {
  switch (contestant) {
    case 'ours': return new (native().MemoryStore)({ maxBytes: Infinity, ...options })
    case 'upstream': return new (upstream().MemoryStore)()
    case 'memorystore': return new (require('memorystore')(upstream()))({ checkPeriod: 24 * 60 * 60 * 1000, ...options })
    default: throw new RangeError(`no store is called ${contestant}`)
  }
}

/** 238 bytes of JSON, cookie and all. */
function makeSession (contestant, number, expires) {
  const cookie = new (library(contestant).Cookie)({ ...COOKIE, secure: false })
  if (expires !== undefined) cookie.expires = new Date(expires)
  const session = { cookie }
  fill(session, number)
  return session
}

/** Ids like those of the middlewares: 24 random bytes, 32 characters. */
function makeIds (count) {
  const bytes = randomFillSync(Buffer.allocUnsafe(24 * count))
  return Array.from({ length: count }, (_, i) => bytes.toString('base64url', 24 * i, 24 * i + 24))
}

/**
 * Puts `count` sessions in a store, and forgets their ids.
 *
 * @param {function(string)} [keep] gets every id
 */
async function fillUp (contestant, store, count, { expires, keep = () => {} } = {}) {
  for (let number = 0; number < count; number += AT_ONCE) {
    for (const [i, sid] of makeIds(Math.min(AT_ONCE, count - number)).entries()) {
      store.set(sid, makeSession(contestant, number + i, expires), fail)
      keep(sid)
    }
    await nextTurn()
  }
}

function fail (err) {
  if (err) throw err
}

function nextTurn () {
  return new Promise((resolve) => setImmediate(resolve))
}
