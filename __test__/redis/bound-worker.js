'use strict'

/*
 * One app process of the proof (bound.test.js). It creates, reads, writes, touches and destroys sessions, and tells what it did and
 * when, on the clock that all processes of the machine share.
 */

const { RedisStore } = require('../..')
const { Keyring } = require('../../lib/native')
const { DONE, PENDING } = require('../../lib/stores/engine')
const { engineOf } = require('../../lib/stores/store-engine')
const { clientsOf } = require('./clients')

const [clientName, port, form, lease, durably] = process.argv.slice(2)
const keyring = new Keyring('sid', ['keyboard cat'])
const now = () => Number(process.hrtime.bigint() / 1000n) / 1000
const LIFETIME = 20_000

const known = new Map() // sid: { header, mine, n, until, destroyAt }
let log = []
let engine
let client
let count = 0

/** Calls the engine; false when it fails. */
function ask (method, ...args) {
  return new Promise(resolve => {
    const result = engine[method](...args, (err, result) => resolve(err ? false : result))
    if (result !== PENDING) resolve(result)
  })
}

function writeOf (sid, n, revision) {
  const time = Date.now()
  return {
    sid, session: { cookie: { originalMaxAge: LIFETIME, expires: new Date(time + LIFETIME) }, n }, text: undefined, deadline: time + LIFETIME, revision, hint: undefined, rank: 0, now: time
  }
}

/** Whether a replica has it too, where that is asked: Redis loses what it has not replicated at a failover. */
async function isDurable () {
  if (durably !== 'yes') return true
  try {
    return Number(await (client.call ? client.call('WAIT', '1', '300') : client.sendCommand(['WAIT', '1', '300']))) >= 1
  } catch {
    return false
  }
}

async function create () {
  const sid = `${process.pid}-${count++}`
  if (await ask('commit', writeOf(sid, 1)) !== DONE) return
  const session = { sid, destroyAt: 600 + Math.random() * 2500, by: Math.random() }
  remember(session, true)
  process.send({ type: 'created', session })
}

function remember ({ sid, destroyAt, by }, mine) {
  known.set(sid, { sid, header: `sid=${keyring.seal(sid)}`, mine, n: 1, isWriting: false, until: now() + destroyAt + 4000, destroyAt: now() + destroyAt, by })
}

async function write (session) {
  if (session.isWriting) return
  session.isWriting = true
  const n = ++session.n
  const write = writeOf(session.sid, n, 'loaded')
  const begin = now()
  const result = await ask('commit', write)
  if (result === DONE) log.push(['write', session.sid, n, begin, now()])
  session.isWriting = false
}

async function read (session) {
  const begin = now()
  const { found } = engine.load(keyring, session.header, Date.now())
  if (found !== PENDING) {
    log.push(['read', session.sid, found ? found.data.n : 0, begin, now(), 'near'])
    return
  }
  const stored = await ask('get', session.sid, Date.now())
  if (stored === false) return log.push(['error', session.sid, 0, begin, now()])
  log.push(['read', session.sid, stored ? JSON.parse(stored.text).n : 0, begin, now(), 'redis'])
}

async function destroy (session) {
  session.destroyAt = Infinity
  log.push(['attempt', session.sid, 0, now(), now()])
  const result = await ask('destroy', session.sid, Date.now())
  if (result !== DONE) {
    session.destroyAt = now() + 300 // again
    return
  }
  const at = now()
  if (await isDurable()) log.push(['destroy', session.sid, 0, at, at])
  else session.destroyAt = now() + 300
}

function tick () {
  const time = now()
  const mine = []
  const all = [...known.values()]
  for (const session of all) {
    if (session.until < time) known.delete(session.sid)
    else if (session.mine) mine.push(session)
    if (session.mineToDestroy && session.destroyAt < time) destroy(session)
  }
  if (mine.length < 12 && Math.random() < 0.05) create()
  if (mine.length > 0 && Math.random() < 0.1) write(mine[Math.floor(Math.random() * mine.length)])
  // Anybody's, also one that is being written or destroyed: it neither undoes that nor brings a session back.
  if (all.length > 0 && Math.random() < 0.05) ask('touch', writeOf(all[Math.floor(Math.random() * all.length)].sid, 0))
  for (let i = 0; i < 6 && all.length > 0; i++) read(all[Math.floor(Math.random() * all.length)])
}

process.on('message', message => {
  if (message.type === 'created') {
    remember(message.session, false)
    known.get(message.session.sid).mineToDestroy = message.mineToDestroy
  } else if (message.type === 'stall') {
    const until = Date.now() + message.ms
    while (Date.now() < until);
  } else if (message.type === 'stop') {
    process.send({ type: 'log', log, stats: engine.stats() }, () => process.exit())
  }
})

async function main () {
  client = await clientsOf(clientName)[form]({ after () {} }, Number(port))
  const store = new RedisStore({ client, storeTimeout: 2000, nearCache: { lease: Number(lease) } })
  engine = engineOf(store)
  setInterval(tick, 4)
  setInterval(() => {
    process.send({ type: 'log', log })
    log = []
  }, 250)
  process.send({ type: 'ready' })
}

main()
