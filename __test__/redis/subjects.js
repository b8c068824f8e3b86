'use strict'

/* The subjects of the conformance suite (__test__/engines) that need a server. */

const { RedisStore } = require('../..')
const RedisEngine = require('../../lib/stores/redis/engine')
const { readOptions } = require('../../lib/stores/redis/options')
const { missing } = require('./servers')
const without = require('./without')

let count = 0

/**
 * @param {string} name
 * @param {function(): object} client of the test
 * @param {object} [given] options of every store
 */
function redisSubject (name, client, given = {}) {
  const optionsOf = options => ({ client: client(), prefix: `test ${process.pid} ${count++}:`, ...given, ...options })
  const engineOf = options => new RedisEngine(client(), readOptions(optionsOf(options)))
  return {
    name,
    isRemote: true,
    without: title => missing || without(title),
    engine: engineOf,
    /** Engines and stores that are closed after the test. */
    during (t) {
      const closed = it => {
        t.after(() => it.close())
        return it
      }
      return {
        name,
        engine: options => closed(engineOf(options)),
        store: (t, options) => closed(new RedisStore(optionsOf(options)))
      }
    }
  }
}

module.exports = { redisSubject }
