'use strict'

/* The subjects of the conformance suite (__test__/engines) that need a server. */

const { RedisStore } = require('../..')
const { engineOf } = require('../../lib/stores/store-engine')
const { until } = require('../helpers/calls')
const { missing } = require('./servers')
const without = require('./without')

let count = 0

/**
 * @param {string} name
 * @param {function(): object} client of the test
 * @param {object} [given] options of every store
 */
function redisSubject (name, client, given = {}) {
  const newStore = options => new RedisStore({ client: client(), prefix: `test ${process.pid} ${count++}:`, ...given, ...options })
  return {
    name,
    isRemote: true,
    without: title => missing || without(title),

    /** Stores that are closed after the test. The first few of a near cached subject serve from it from the start. */
    async during (t) {
      const all = []
      t.after(() => all.forEach(store => store.close()))
      const make = options => {
        const store = newStore(options)
        all.push(store)
        return store
      }
      const ready = given.nearCache ? [make(), make(), make()] : []
      await Promise.all(ready.map(store => until(() => store.stats().near.isFresh)))
      const store = (t, options) => (options === undefined || Object.keys(options).length === 0) && ready.length > 0 ? ready.pop() : make(options)
      return { name, store, engine: options => engineOf(store(t, options)) }
    }
  }
}

module.exports = { redisSubject }
