'use strict'

const { ENGINE } = require('./memory-engine')
const { deadline } = require('./memory-options')

module.exports = { sessionsView }

/**
 * The texts of a store by their ids, read and written like a plain object: upstream's MemoryStore has
 * such a property, and apps and tests look into it.
 */
function sessionsView (store) {
  const engine = store[ENGINE]
  const read = sid => typeof sid === 'string' ? engine.peek(sid, Date.now()) : undefined
  const describe = value => value === undefined
    ? undefined
    : { value, configurable: true, enumerable: true, writable: true }

  const handler = {
    get: (_, sid) => read(sid),
    has: (_, sid) => read(sid) !== undefined,
    getOwnPropertyDescriptor: (_, sid) => describe(read(sid)),
    ownKeys: () => allIds(engine),
    set (_, sid, text) {
      const now = Date.now()
      engine.set(String(sid), String(text), expiry(store, sid, text, now), -1, false, now)
      return true
    },
    defineProperty (_, sid, { value }) {
      return handler.set(_, sid, value)
    },
    deleteProperty (_, sid) {
      engine.destroy(String(sid), Date.now())
      return true
    }
  }
  return new Proxy(Object.create(null), handler)
}

function allIds (engine) {
  const all = []
  for (let part = 0, sids; (sids = engine.ids(part, Date.now())) !== null; part++) all.push(...sids)
  return all
}

function expiry (store, sid, text, now) {
  let session
  try {
    session = store[ENGINE].options.serializer.parse(text)
  } catch {
    // Whoever reads it will see the error; until then it is kept as long as any other.
  }
  return deadline(store[ENGINE].options, Object(session), sid, now)
}
