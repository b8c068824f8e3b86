'use strict'

const { session } = require('./subject')

/** When a store calls back. */
const ways = {
  synchronously: (callback, ...args) => callback && callback(...args),
  later: (callback, ...args) => callback && setImmediate(callback, ...args)
}

/** A store over a Map that calls back in one of these ways, or as `answer` says. */
function mapStore (answer) {
  const store = new session.Store()
  store.kept = new Map()
  store.get = (sid, callback) => answer(callback, null, store.kept.has(sid) ? JSON.parse(store.kept.get(sid)) : undefined)
  store.set = (sid, data, callback) => { store.kept.set(sid, JSON.stringify(data)); answer(callback, null) }
  store.destroy = (sid, callback) => { store.kept.delete(sid); answer(callback, null) }
  store.touch = (sid, data, callback) => answer(callback, null)
  return store
}

/** One store of each kind that makes a difference to the end of a response. */
const kinds = {
  'our MemoryStore': () => new session.MemoryStore(),
  'a store that answers at once': () => mapStore(ways.synchronously),
  'a store that answers later': () => mapStore(ways.later)
}

module.exports = { kinds, mapStore, ways }
