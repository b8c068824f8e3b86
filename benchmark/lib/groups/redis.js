'use strict'

const { interleave } = require('../interleave')
const { startRedis } = require('../redis-server')
const { differences, ratios, spread } = require('../statistics')

/*
 * Behind connect-redis: the store's own work, measured without a middleware, is taken off.
 */

module.exports = { name: 'redis', run }

const CONTESTANTS = ['store', 'ours', 'beside', 'upstream']

async function run ({ rounds, slices, progress }) {
  const server = await startRedis()
  if (server === undefined) return { skipped: 'redis-server is not installed' }

  try {
    const rows = []
    for (const kind of ['login', 'read', 'write']) {
      const results = await interleave({
        rounds,
        slices,
        contestants: CONTESTANTS.map((contestant) => ({
          key: contestant,
          trial: 'redis',
          args: { contestant, kind, port: server.port }
        })),
        progress: (text) => progress(`${kind}, ${text}`)
      })
      rows.push(row(kind, results))
    }
    return { version: server.version, rows }
  } finally {
    server.stop()
  }
}

function row (kind, results) {
  const cpu = (key) => results[key].map((result) => result.cpu)
  const own = (key) => differences(cpu(key), cpu('store'))

  return {
    kind,
    store: spread(cpu('store')),
    ours: spread(own('ours')),
    beside: spread(own('beside')),
    upstream: spread(own('upstream')),
    over: ratios(own('upstream'), own('ours')),
    overBeside: ratios(own('upstream'), own('beside')),
    overInAll: ratios(cpu('upstream'), cpu('ours'))
  }
}
