'use strict'

/*
 * RedisStore, with and without its near cache, beside connect-redis: CPU time, latency and commands of a request.
 */

const { spawnSync } = require('node:child_process')
const { interleave, tabulate } = require('../rounds')
const { ratio, spread, time } = require('../statistics')

const NEAR = 'near cache'
const PLAIN = 'without'
const THEIRS = 'connect-redis'
const UPSTREAM = 'connect-redis, express-session'
const MEMORY = 'MemoryStore'
const CONTESTANTS = {
  [NEAR]: { contestant: 'ours-near', client: 'redis' },
  [PLAIN]: { contestant: 'ours-plain', client: 'redis' },
  [THEIRS]: { contestant: 'ours-connect-redis', client: 'redis' },
  [UPSTREAM]: { contestant: 'upstream-connect-redis', client: 'redis' },
  [`ioredis: ${NEAR}`]: { contestant: 'ours-near', client: 'ioredis' },
  [`ioredis: ${PLAIN}`]: { contestant: 'ours-plain', client: 'ioredis' },
  [MEMORY]: { contestant: 'ours-memory' }
}
const ALL_HOT = '100 % hot'
/** By row: the hot and the writing ones of a hundred requests, and the processes. */
const ROWS = {
  ...Object.fromEntries([0, 50, 90, 99, 100].map((hits) => [`${hits} % hot`, { hits, writes: 0, processes: 1 }])),
  'all hot, 5 % write': { hits: 100, writes: 5, processes: 1 },
  'the same, three processes': { hits: 100, writes: 5, processes: 3 }
}

/** Undefined without a redis-server. */
async function measure (run) {
  const { status, stdout } = spawnSync('redis-server', ['--version'], { encoding: 'utf8' })
  if (status !== 0) return undefined
  require('../../../__test__/redis/install')()

  const measured = await tabulate(Object.keys(ROWS), async (row) => {
    const contestants = Object.entries(CONTESTANTS).filter(([, { client }]) => client || ROWS[row].processes === 1)
    return figures(await interleave(run, row, Object.fromEntries(contestants.map(([name, subject]) => (
      [name, { trial: 'redis-store.requests', args: { ...subject, ...ROWS[row] } }]
    )))))
  })
  return { note: `Redis ${/v=(\S+)/.exec(stdout)[1]}`, ...measured }
}

function figures (results) {
  const of = (field) => (key) => results[key] && results[key].map((result) => result[field])
  const cells = (field, make) => Object.fromEntries(Object.keys(CONTESTANTS).map((key) => [key, results[key] ? make(of(field)(key)) : null]))
  const cpu = of('cpu')
  return {
    cpu: {
      ...cells('cpu', time),
      'near / MemoryStore': results[MEMORY] ? ratio(cpu(NEAR), cpu(MEMORY)) : null,
      'connect-redis / near': ratio(cpu(THEIRS), cpu(NEAR)),
      'connect-redis / without': ratio(cpu(THEIRS), cpu(PLAIN))
    },
    latency: cells('latency', time),
    commands: cells('commands', (numbers) => spread(numbers, '')),
    hits: Object.fromEntries([NEAR, `ioredis: ${NEAR}`].map((key) => [key, spread(of('hits')(key).map((share) => share * 100), '%')]))
  }
}

module.exports = {
  rounds: 5,
  slices: 8,
  measure,

  goals: [
    ['cpu', 'near / MemoryStore', (row) => row === ALL_HOT ? ['≤', 1.5] : undefined],
    ['cpu', 'connect-redis / near', (row) => row === '0 % hot' ? ['≥', 1] : undefined],
    ['cpu', 'connect-redis / without', (row) => row === '0 % hot' ? ['≥', 1] : undefined],
    ['commands', NEAR, (row) => row === '99 % hot' ? ['≤', 0.05] : undefined]
  ],

  charts: {
    'redis-store': {
      title: 'Sessions in Redis',
      note: 'CPU time of one request on node-redis, without the app; shorter is better',
      axis: 'µs',
      table: 'cpu',
      columns: { [NEAR]: 'connect-redis / near', [PLAIN]: 'connect-redis / without', [THEIRS]: undefined, [UPSTREAM]: undefined }
    }
  }
}
