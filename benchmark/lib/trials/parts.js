'use strict'

const signature = require('cookie-signature')
const uid = require('uid-safe')
const { slicer } = require('../drive')
const { generateId, makeEngine, makeKeyring } = require('../internals')
const { MAX_AGE, NAME, SECRET, SLICE, USERS, fill } = require('../sample')

/*
 * What no middleware on this engine can do without, in a row and with nothing around it. Each call
 * of the engine crosses into Rust; `load` and `seal` hold an HMAC each.
 */
const PARTS = {
  anonymous: () => generateId(),

  forged: (engine, { forged }) => {
    engine.load(forged)
    return generateId()
  },

  login: (engine, { data }) => {
    const sid = generateId()
    engine.commit(sid, JSON.stringify(data))
    return engine.seal(sid)
  },

  read: (engine, { header, sid, json }) => {
    engine.load(header)
    const data = JSON.parse(json)
    engine.touch(sid)
    return JSON.stringify(data)
  },

  write: (engine, { header, sid, json }) => {
    engine.load(header)
    const data = JSON.parse(json)
    engine.commit(sid, JSON.stringify(data))
    return engine.seal(sid)
  }
}

async function parts ({ kind, objects }) {
  const engine = makeEngine()
  const users = Array.from({ length: USERS }, (_, number) => makeUser(engine, number))
  const run = PARTS[kind]
  const before = kind === 'login' ? () => engine.clear() : undefined

  return slicer(() => {
    let kept
    for (let i = 0; i < USERS; i++) {
      kept = run(engine, users[i])
      if (objects) kept = makeObjects(engine, kept)
    }
    if (!kept) throw new Error('the parts made nothing')
  }, USERS, { before })
}

function makeUser (engine, number) {
  const data = {}
  fill(data, number)
  const sid = generateId()
  const json = JSON.stringify(data)
  engine.commit(sid, json)
  const header = `${NAME}=${engine.seal(sid)}`
  return { sid, data, json, header: flat(header), forged: flat(header.slice(0, -5) + 'AAAAA') }
}

/** What the contract makes of every request besides: a session that hides `req` and `id`, with a cookie. */
function makeObjects (req, id) {
  const session = new BareSession()
  Object.defineProperty(session, 'req', { value: req })
  Object.defineProperty(session, 'id', { value: id })
  session.cookie = new BareCookie(new Date(Date.now() + MAX_AGE))
  return session
}

class BareSession {}

class BareCookie {
  constructor (expires) {
    this.path = '/'
    this._expires = expires
    this.originalMaxAge = MAX_AGE
    this.httpOnly = true
  }
}

/** Signing, verifying and making ids, each by this package and by the one that express-session uses. */
const PRIMITIVES = {
  sign: {
    ours: (keyring) => (id) => keyring.sign(id),
    theirs: () => (id) => signature.sign(id, SECRET)
  },
  unsign: {
    ours: (keyring) => (id, signed) => keyring.unsign(signed),
    theirs: () => (id, signed) => signature.unsign(signed, SECRET)
  },
  id: {
    ours: () => generateId,
    theirs: () => () => uid.sync(24)
  }
}

async function primitives ({ contestant, kind }) {
  const work = PRIMITIVES[kind][contestant](makeKeyring())
  const ids = Array.from({ length: SLICE }, generateId)
  const signed = ids.map((id) => flat(signature.sign(id, SECRET)))
  const right = { sign: signed[0], unsign: ids[0] }[kind]
  if (right !== undefined && work(ids[0], signed[0]) !== right) throw new Error(`${contestant} ${kind} is wrong`)

  return slicer(() => {
    let kept
    for (let i = 0; i < SLICE; i++) kept = work(ids[i], signed[i])
    if (typeof kept !== 'string' || kept.length < 32) throw new Error(`${contestant} ${kind} made ${kept}`)
  }, SLICE)
}

/** One piece of memory, as strings from Node's parser are, instead of pieces of others. */
function flat (text) {
  return Buffer.from(text, 'latin1').toString('latin1')
}

module.exports = { parts, primitives }
