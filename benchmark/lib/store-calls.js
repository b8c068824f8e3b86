'use strict'

const { COOKIE, fill } = require('./sample')

module.exports = { fillStore, storeCalls }

/*
 * What the requests of each kind ask of a store behind express-session's contract, without a middleware.
 */

/** @return {function(number, function)} for `drive` */
function storeCalls (kind, store, sids) {
  const sidOf = (number) => sids[number % sids.length]
  const read = (number, then) => store.get(sidOf(number), (err, session) => {
    if (err) throw err
    then(session)
  })

  switch (kind) {
    case 'login': return (number, done) => store.set(`login-${number}`, makeSession(number), done)
    case 'read': return (number, done) => read(number, (session) => store.touch(sidOf(number), session, done))
    case 'write': return (number, done) => read(number, (session) => {
      session.views++
      store.set(sidOf(number), session, done)
    })
    default: return (number, done) => done()
  }
}

/** @return {Promise<string[]>} the ids of the sessions stored */
async function fillStore (store, count) {
  const sids = Array.from({ length: count }, (_, number) => `session-${number}`)
  for (const [number, sid] of sids.entries()) {
    await new Promise((resolve, reject) => store.set(sid, makeSession(number), (err) => err ? reject(err) : resolve()))
  }
  return sids
}

function makeSession (number) {
  const expires = new Date(Date.now() + COOKIE.maxAge)
  const session = { cookie: { originalMaxAge: COOKIE.maxAge, expires, httpOnly: true, path: '/' } }
  fill(session, number)
  return session
}
