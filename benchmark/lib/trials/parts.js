'use strict'

const native = require('../../../session/native')
const { slicer } = require('../drive')
const { USERS } = require('../requests')
const { NAME, SECRET, fill } = require('../sample')

module.exports = parts

const DAY = 24 * 60 * 60 * 1000

/*
 * What no middleware on this engine can do without, in a row and with nothing around it. Each call
 * of the engine is a crossing; the first of a request that has a cookie, and `seal`, hold its HMAC.
 */
const PARTS = {
  anonymous: (world) => native.generateId(),

  forged: (world, { forged }) => {
    world.load(forged)
    return native.generateId()
  },

  login: (world, { data }) => {
    const sid = native.generateId()
    world.commit(sid, JSON.stringify(data))
    return world.seal(sid)
  },

  read: (world, { header, sid, text }) => {
    world.load(header)
    const data = JSON.parse(text)
    world.touch(sid)
    return JSON.stringify(data)
  },

  write: (world, { header, sid, text }) => {
    world.load(header)
    const data = JSON.parse(text)
    world.commit(sid, JSON.stringify(data))
    return world.seal(sid)
  }
}

async function parts ({ kind, objects }) {
  const world = makeWorld()
  const users = Array.from({ length: USERS }, (_, number) => makeUser(world, number))
  const run = PARTS[kind]

  // As in the trials of the middlewares.
  const before = kind === 'login' ? () => world.empty() : undefined
  return slicer(() => {
    let kept
    for (let i = 0; i < USERS; i++) {
      kept = run(world, users[i])
      if (objects) kept = makeObjects(world, kept)
    }
    if (!kept) throw new Error('the parts made nothing')
  }, USERS, { before })
}

/** What the contract makes of every request besides: a session that hides `req` and `id`, with a cookie. */
function makeObjects (req, id) {
  const session = new BareSession()
  Object.defineProperty(session, 'req', { value: req })
  Object.defineProperty(session, 'id', { value: id })
  session.cookie = new BareCookie(new Date(Date.now() + DAY))
  return session
}

class BareSession {}

class BareCookie {
  constructor (expires) {
    this.path = '/'
    this._expires = expires
    this.originalMaxAge = DAY
    this.httpOnly = true
  }
}

function makeWorld () {
  const now = Date.now()
  const { Now, Deadline, Expires, Template } = native.NumberAt
  const numbers = native.createNumbers()
  const memory = native.createMemory(numbers, Infinity, Infinity)
  const template = native.memoryIntern(memory, `{"originalMaxAge":${DAY},"expires":`, ',"httpOnly":true,"path":"/"}')
  numbers[Now] = now
  numbers[Deadline] = numbers[Expires] = now + DAY
  numbers[Template] = template
  const keyring = native.createKeyring(numbers, NAME, [Buffer.from(SECRET)])
  return {
    load: native.bindLoad(memory, keyring),
    ...native.bindMemory(memory),
    empty: () => native.memoryClear(memory),
    seal: native.bindKeyring(keyring).seal
  }
}

function makeUser (world, number) {
  const data = {}
  fill(data, number)
  const sid = native.generateId()
  const text = JSON.stringify(data)
  world.commit(sid, text)
  const header = `${NAME}=${world.seal(sid)}`
  const forged = Buffer.from(header.slice(0, -5) + 'AAAAA').toString('latin1')
  return { sid, data, text, header: Buffer.from(header).toString('latin1'), forged }
}
