'use strict'

/*
 * The SQLiteStore beside stores of others that keep their sessions in files. One that is not installed or does not
 * build is left out, and named.
 */

const { BARE } = require('../contestants')
const files = require('../file-stores')
const { contestants, interleave, oneByOne, tabulate } = require('../rounds')
const { KINDS } = require('../sample')
const { cpuTimes, ratio, spread, time } = require('../statistics')

const OURS = 'SQLiteStore'
const LABELS = {
  'ours-sqlite': OURS,
  'ours-sqlite-full': 'SQLiteStore, full',
  'better-sqlite3-wal': 'better-sqlite3, WAL',
  'better-sqlite3': 'better-sqlite3',
  'connect-sqlite3': 'connect-sqlite3',
  'session-file-store': 'session-file-store',
  'connect-loki': 'connect-loki',
  level: 'level'
}
/** Milliseconds for a write: they get few requests at a time. */
const SLOW = ['better-sqlite3', 'connect-sqlite3', 'session-file-store', 'ours-sqlite-full']
const FEW = 100
const WAL = `${LABELS['better-sqlite3-wal']} / ${OURS}`

function present (names = Object.keys(LABELS)) {
  return names.filter((name) => files.missing(name) === undefined)
}

/** Those that are missing, for the note of a table. */
function note () {
  const gone = Object.keys(LABELS).map((name) => files.missing(name)).filter(Boolean)
  return gone.length === 0 ? undefined : `without ${[...new Set(gone)].join('; ')}`
}

const requests = {
  rounds: 5,
  slices: 4,

  async measure (run) {
    // level's first writes fail where several come at once.
    const stores = present().filter((name) => name !== 'level')
    const measured = await tabulate(KINDS, async (kind) => {
      const results = await interleave(run, kind, {
        ...contestants('middleware.middleware', ['none', 'ours', ...stores.filter((name) => !SLOW.includes(name))], { kind }),
        ...contestants('middleware.middleware', stores.filter((name) => SLOW.includes(name)), { kind, atOnce: FEW })
      })
      const { own } = cpuTimes(results)
      return {
        all: {
          MemoryStore: time(own('ours')),
          ...Object.fromEntries(stores.map((name) => [LABELS[name], time(own(name))])),
          [`${OURS} / MemoryStore`]: ratio(own('ours-sqlite'), own('ours')),
          ...(stores.includes('better-sqlite3-wal') && { [WAL]: ratio(own('better-sqlite3-wal'), own('ours-sqlite')) })
        }
      }
    })
    return { note: note(), ...measured }
  },

  goals: [
    ['all', `${OURS} / MemoryStore`, (kind) => kind === 'read' ? ['≤', 2] : undefined],
    ['all', WAL, (kind) => kind === 'read' || kind === 'write' ? ['≥', 4] : undefined]
  ],

  charts: {
    sqlite: {
      title: 'The middleware on stores in files',
      note: 'CPU time of one request, medians of rounds, logarithmic; shorter is better',
      axis: 'µs',
      log: true,
      table: 'all',
      columns: { MemoryStore: undefined, [OURS]: undefined, [LABELS['better-sqlite3-wal']]: WAL, [LABELS['session-file-store']]: undefined }
    }
  }
}

const apps = {
  rounds: 5,
  slices: 8,

  async measure (run) {
    const stores = present(['ours-sqlite', 'better-sqlite3-wal'])
    const results = await interleave(run, 'Express 5', contestants('app.app', ['none', 'bare', 'ours', ...stores], { framework: 'express5' }))
    return tabulate(['read', 'write'], async (kind) => {
      const cpu = (key) => results[key].map((result) => result[kind].cpu)
      return {
        all: {
          'no session': time(cpu('none')),
          [`${BARE}, in memory`]: time(cpu('bare')),
          MemoryStore: time(cpu('ours')),
          ...Object.fromEntries(stores.map((name) => [LABELS[name], time(cpu(name))])),
          ...Object.fromEntries(stores.map((name) => [`${LABELS[name]} / no session`, ratio(cpu(name), cpu('none'))]))
        }
      }
    })
  }
}

/** Loki and level have one process only. */
const ALONE = ['connect-loki', 'level']

const writes = {
  rounds: 3,

  async measure (run) {
    const rows = {}
    for (const processes of [1, 2, 4]) {
      const stores = present().filter((name) => processes === 1 || !ALONE.includes(name))
      rows[`${processes} process${processes > 1 ? 'es' : ''}`] = await oneByOne(run, `${processes} writing:`, Object.fromEntries(stores.map((contestant) => (
        [contestant, { trial: 'sqlite.writes', args: { contestant, processes, seconds: run.minutes < 1 ? 1 : 10 } }]
      ))))
    }
    return {
      note: [note(), ...failuresOf(rows)].filter(Boolean).join('; ') || undefined,
      tables: { sets: tableOf(rows, 'sets a second'), longest: tableOf(rows, 'longest set, ms') }
    }
  },

  goals: [['sets', OURS, (row) => row === '1 process' ? ['≥', 15_000] : row === '2 processes' ? ['≥', 10_000] : undefined]]
}

function failuresOf (rows) {
  return Object.entries(rows).flatMap(([row, results]) => Object.entries(results).flatMap(([name, rounds]) => (
    rounds.filter(({ failed }) => failed).slice(0, 1).map(({ failed }) => `${LABELS[name]}, ${row}: ${failed}`)
  )))
}

function tableOf (rows, what) {
  return Object.fromEntries(Object.entries(rows).map(([row, results]) => [row, Object.fromEntries(present().map((name) => (
    [LABELS[name], results[name] && !results[name].some(({ failed }) => failed) ? spread(results[name].map((result) => result[what]), '') : null]
  )))]))
}

const stalls = {
  rounds: 1,
  measure: (run) => compare(run, 'sqlite.stalls', { minutes: run.minutes }, ['ours-sqlite', 'better-sqlite3-wal']),
  goals: [['all', OURS, (row) => ({ 'p99, ms': ['<', 2], 'p99.9, ms': ['<', 10], 'longest, ms': ['<', 20] })[row]]]
}

const file = {
  rounds: 1,
  measure: (run) => compare(run, 'sqlite.file', { count: run.million }, ['ours-sqlite', 'better-sqlite3-wal'])
}

/** A table with a column for each store; its rows are what the trial measures. */
async function compare (run, trial, args, names) {
  const stores = present(names)
  const results = await oneByOne(run, trial, Object.fromEntries(stores.map((contestant) => [contestant, { trial, args: { ...args, contestant } }])))
  const rows = Object.keys(results[stores[0]][0])
  return {
    note: note(),
    tables: {
      all: Object.fromEntries(rows.map((row) => [row, Object.fromEntries(stores.map((name) => (
        [LABELS[name], spread(results[name].map((result) => result[row]), '')]
      )))]))
    }
  }
}

const groups = { 'sqlite-requests': requests, 'sqlite-apps': apps, 'sqlite-writes': writes, 'sqlite-stalls': stalls, 'sqlite-file': file }
for (const group of Object.values(groups)) {
  const { measure } = group
  group.measure = (run) => {
    files.use(run.node)
    return measure(run)
  }
}

module.exports = groups
