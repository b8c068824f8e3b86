'use strict'

const { redisStore } = require('./redis')
const { mapStore, ways } = require('./stores')
const { session } = require('./subject')

/*
 * The stores that each option of requests is shown with. `counts` is what the store was asked for; `fail` makes it fail
 * from now on.
 */
const stores = {
  MemoryStore () {
    const store = new session.MemoryStore()
    return {
      store,
      counts () {
        const { hits, misses, sets, touches } = store.stats()
        return { gets: hits + misses, sets, touches }
      }
    }
  },

  'MemoryStore with a method replaced' () {
    const made = stores.MemoryStore()
    const { touch } = made.store
    made.store.touch = function (...args) { return touch.apply(this, args) }
    return made
  },

  'connect-redis' () {
    const { store, client } = redisStore()
    return {
      store,
      counts: () => ({ gets: client.calls.get, sets: client.calls.set, touches: client.calls.expire }),
      fail () { client.failing = true }
    }
  },

  'a store whose touch writes the cookie' () {
    const calls = { gets: 0, sets: 0, touches: 0 }
    const store = mapStore(ways.later)
    const { get, set } = store
    store.get = (sid, callback) => {
      calls.gets++
      const text = store.kept.get(sid)
      const expires = text && JSON.parse(text).cookie.expires
      if (expires && Date.parse(expires) <= Date.now()) store.kept.delete(sid)
      get(sid, callback)
    }
    store.set = (sid, data, callback) => { calls.sets++; set(sid, data, callback) }
    store.touch = (sid, data, callback) => {
      calls.touches++
      if (!store.kept.has(sid)) return callback()
      set(sid, { ...JSON.parse(store.kept.get(sid)), cookie: data.cookie }, callback)
    }
    return { store, counts: () => ({ ...calls }) }
  }
}

/** A store that has sessions until `fail` is called, and then answers every call with an error. */
function failingStore () {
  const store = mapStore(ways.later)
  return {
    store,
    fail (...methods) {
      for (const method of methods) {
        store[method] = (...args) => setImmediate(args.at(-1), new Error(`${method} failed`))
      }
    }
  }
}

module.exports = { failingStore, stores }
