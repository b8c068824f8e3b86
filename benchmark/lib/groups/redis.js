'use strict'

/*
 * Behind connect-redis. Its own work, measured without a middleware, is taken off.
 */

const { startRedis } = require('../redis-server')
const { NATIVE, atLeast, micro, table, times } = require('../report/text')
const { contestants, interleave } = require('../rounds')
const { cpuTimes, ratios, spread } = require('../statistics')

async function measure (run) {
  const server = await startRedis()
  if (server === undefined) return { skipped: 'redis-server is not installed', rows: [] }

  try {
    const rows = []
    for (const kind of ['login', 'read', 'write']) {
      const names = ['store', 'ours', 'ours-beside', 'upstream']
      rows.push(summary(kind, await interleave(run, kind, contestants('middleware.redis', names, { kind, port: server.port }))))
    }
    return { version: server.version, rows }
  } finally {
    server.stop()
  }
}

function summary (kind, results) {
  const { cpu, own } = cpuTimes(results, 'store')
  return {
    kind,
    store: spread(cpu('store')),
    ours: spread(own('ours')),
    beside: spread(own('ours-beside')),
    upstream: spread(own('upstream')),
    over: ratios(own('upstream'), own('ours')),
    overBeside: ratios(own('upstream'), own('ours-beside')),
    overInAll: ratios(cpu('upstream'), cpu('ours'))
  }
}

const tables = ({ skipped, version, rows }) => ({
  all: skipped
    ? `Skipped: ${skipped}.`
    : table(
      [`Request, Redis ${version}`, 'connect-redis itself', `${NATIVE}, share`, 'express-session, share', 'share / share', 'beside: share / share', 'in all'],
      rows.map((row) => [
        row.kind, micro(row.store), micro(row.ours), micro(row.upstream), times(row.over), times(row.overBeside), times(row.overInAll)
      ])
    )
})

const goals = ({ rows }) => rows.map(({ kind, over }) => atLeast(4, `connect-redis, ${kind}: the middleware's share`, over))

const comparisons = ({ rows }) => rows.map(({ kind, overInAll }) => [`${kind}, connect-redis`, overInAll])

module.exports = { rounds: 5, slices: 8, measure, tables, goals, comparisons }
