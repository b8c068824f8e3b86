'use strict'

const Cookie = require('../../lib/cookie/cookie')
const { PENDING, RANK } = require('../../lib/stores/engine')

/*
 * An engine, asked by its contract.
 *
 * The tests' time is in the past: an engine removes by itself only what has expired on the system's clock too.
 */

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** When the tests begin, at a full minute. */
const START = Math.floor(Date.now() / MINUTE) * MINUTE - 100 * DAY

/** Calls a method of an engine and waits for its answer. */
function ask (engine, method, ...args) {
  return new Promise((resolve, reject) => {
    const result = engine[method](...args, (err, result) => err ? reject(err) : resolve(result))
    if (result !== PENDING) resolve(result)
  })
}

/** The record of a write, of an ordinary session that ends in an hour unless `given` says otherwise. */
function writeOf (sid, given = {}) {
  const { data, now = START, maxAge = HOUR, ...rest } = given
  return {
    sid,
    session: { cookie: cookieOf(maxAge, now), ...data },
    text: undefined,
    deadline: now + maxAge,
    revision: undefined,
    hint: undefined,
    rank: RANK.NEW,
    now,
    ...rest
  }
}

/** A session's cookie as `session.touch()` leaves it at `now`. */
function cookieOf (maxAge, now) {
  const cookie = new Cookie()
  Cookie.setExpires(cookie, new Date(now + maxAge), maxAge)
  return cookie
}

/** Stores a session and gives its revision. */
async function put (engine, sid, given) {
  const write = writeOf(sid, given)
  await ask(engine, 'commit', write)
  return write.revision
}

/** The session of an id for somebody who looks around, as data. */
async function look (engine, sid, now = START) {
  const stored = await ask(engine, 'peek', sid, now)
  return stored && JSON.parse(stored.text)
}

/** The session of an id for a client that has come back, as data. */
async function comeBack (engine, sid, now = START) {
  const stored = await ask(engine, 'get', sid, now)
  return stored && JSON.parse(stored.text)
}

/** The parts of the ids of an engine, in turn. */
async function * partsOf (engine, now = START) {
  for (let part = 0, sids; (sids = await ask(engine, 'ids', part, now)) !== null; part = sids.next === undefined ? part + 1 : sids.next) {
    yield sids
  }
}

/** All ids, in order. */
async function idsOf (engine, now = START) {
  const all = []
  for await (const sids of partsOf(engine, now)) all.push(...sids)
  return all.sort()
}

/** All that was removed, as [kind, sid, data]. */
function removed (engine, watch, now = START) {
  const flat = engine.drain(watch, 2 ** 32 - 1, now)
  const all = []
  for (let i = 0; i < flat.length; i += 3) {
    const session = flat[i + 2] === '' ? undefined : JSON.parse(flat[i + 2])
    all.push([flat[i], flat[i + 1], session && session.n])
  }
  return all
}

/** Prunes to the end. */
function pruneAll (engine, now) {
  while (engine.prune(now));
}

module.exports = { ask, comeBack, cookieOf, DAY, HOUR, idsOf, look, MINUTE, partsOf, pruneAll, put, removed, START, writeOf }
