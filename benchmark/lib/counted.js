'use strict'

/*
 *   node counted.js
 *
 * The work that the guard counts: calls of the engine, and requests through the middleware, a part each. It is the same
 * every time: the clock stands still but where it is moved.
 */

const { mark } = require('./callgrind')
const { makeClients } = require('./clients')
const { makeMiddleware, makeStore } = require('./contestants')
const { makeEngine } = require('./internals')
const { KINDS, NAME, fill } = require('./sample')
const { simulateClock } = require('./trials/flood')

const CALLS = 1000
const REQUESTS = 200
const USERS = 50

/** Milliseconds after which a client that comes back counts as a visitor again. */
const LATER = 120_000

const SHORT = '{"user":"ann","views":1}'
const LONG = JSON.stringify(fill({}, 1, 2000))

/** In this order: each finds the sessions as the one before has left them. */
const OPERATIONS = {
  'engine: id': ({ generateId }) => generateId(),
  'engine: seal': ({ seal }, { sid }) => seal(sid),
  'engine: create': ({ commit }, { sid }) => commit(sid, SHORT),
  'engine: get, first visit': ({ get }, { sid }) => get(sid),
  'engine: get, later': ({ get }, { sid }) => get(sid),
  'engine: load': ({ load }, { header }) => load(header),
  'engine: load, forged': ({ load }, { forged }) => load(forged),
  'engine: touch': ({ touch }, { sid }) => touch(sid),
  'engine: save': ({ commit }, { sid }) => commit(sid, SHORT),
  'engine: save, larger': ({ commit }, { sid }) => commit(sid, LONG),
  'engine: get, 2 KB': ({ get }, { sid }) => get(sid),
  'engine: destroy': ({ destroy }, { sid }) => destroy(sid)
}

const PARTS = [
  ...Object.keys(OPERATIONS).map((name) => ({ name, calls: CALLS })),
  ...KINDS.map((kind) => ({ name: `request: ${kind}`, calls: REQUESTS }))
]

async function main () {
  const clock = simulateClock()
  const engine = makeEngine()
  const users = Array.from({ length: CALLS }, () => {
    const sid = engine.generateId()
    const header = `${NAME}=${engine.seal(sid)}`
    return { sid, header, forged: header.slice(0, -5) + 'AAAAA' }
  })
  for (const operation of Object.values(OPERATIONS)) {
    clock.forward(LATER)
    engine.setTime(Date.now())
    mark()
    for (const user of users) operation(engine, user)
    mark()
  }

  const kept = [] // what is collected is freed in one part or another
  const subject = { contestant: 'ours' }
  for (const kind of KINDS) {
    const send = await makeClients(makeMiddleware(subject, makeStore(subject)), kind, { users: USERS })
    kept.push(send)
    await send(USERS)
    clock.forward(LATER)
    mark()
    await send(REQUESTS)
    mark()
  }
}

if (require.main === module) main()

module.exports = { PARTS }
