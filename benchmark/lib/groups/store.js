'use strict'

/*
 * The store: memory, pauses, stalls, size and floods. Each figure comes from processes of its own.
 */

const { LRU, MEMORY, NATIVE } = require('../contestants')
const { grouped } = require('../report/text')
const { interleave, oneByOne } = require('../rounds')
const { ratio, spread, time } = require('../statistics')

const LABELS = { ours: NATIVE, upstream: MEMORY, memorystore: LRU }
const FLAGS = ['--expose-gc', '--max-old-space-size=8192']
const BYTES = 'resident bytes per session'
const ALL_STORES = { [NATIVE]: undefined, [MEMORY]: undefined, [LRU]: undefined }

const full = {
  rounds: 3,
  measure: async (run) => ({ tables: { all: await compareStores(run, 'store.full', { count: run.million }) } }),
  against: [{ label: BYTES, trial: 'store.full', flags: FLAGS, alone: true, values: { '': (result) => result[BYTES] } }],

  goals: [['all', NATIVE, (row) => ({
    [BYTES]: ['≤', 270],
    'V8 heap bytes per session': ['±', 1],
    'longest GC pause while filling, ms': ['<', 20],
    'stall: counting, ms': ['<', 2],
    'stall: `stats()`, ms': ['<', 2],
    'stall: evicting, ms': ['<', 2]
  })[row]]],

  charts: {
    'store-bytes': {
      title: 'Memory of a session',
      note: '1,000,000 sessions of 270 bytes of text, id and data included; shorter is better',
      axis: 'bytes',
      goal: { value: 270, label: '270: the text itself' },
      table: 'all',
      columns: ALL_STORES,
      rows: { resident: ['full', BYTES], 'V8 heap': ['full', 'V8 heap bytes per session'] }
    },
    'store-stalls': {
      title: 'How long the event loop is held up',
      note: '1,000,000 sessions; the longest turn, logarithmic; shorter is better',
      axis: 'ms',
      log: true,
      goal: { value: 2, label: '2 ms' },
      table: 'all',
      columns: ALL_STORES,
      rows: {
        'nothing to do': ['full', 'stall: nothing, ms'],
        counting: ['full', 'stall: counting, ms'],
        evicting: ['full', 'stall: evicting, ms'],
        'all expire at once': ['expiry', 'longest call of the store meanwhile, ms'],
        'GC, while filling': ['full', 'longest GC pause while filling, ms']
      }
    }
  }
}

const expiry = {
  rounds: 3,
  measure: async (run) => ({ tables: { all: await compareStores(run, 'store.expiry', { count: run.million }) } }),

  goals: [['all', NATIVE, (row) => ({
    'longest call of the store meanwhile, ms': ['<', 2],
    'all gone after, ms': ['≤', 1000]
  })[row]]]
}

const scale = {
  rounds: 3,

  async measure (run) {
    const counts = [10_000, run.tenMillion ? 10_000_000 : run.million]
    const results = await oneByOne(run, 'sessions:', Object.fromEntries(counts.map((count) => (
      [count, { trial: 'store.scale', args: { contestant: 'ours', count }, flags: FLAGS }]
    ))))
    return {
      tables: {
        all: Object.fromEntries(['get', 'touch', 'set'].map((method) => {
          const [few, many] = counts.map((count) => time(results[count].map((round) => round[method])))
          const [fewer, more] = counts.map((count) => `${grouped(count)} sessions`)
          return [method, { [fewer]: few, [more]: many, ratio: { unit: '×', median: many.median / few.median } }]
        }))
      }
    }
  },

  goals: [['all', 'ratio', () => ['≤', 1.5]]]
}

const WORKERS = 2
const MORE_WORKERS = 4
const ESTIMATED = `${MORE_WORKERS} workers / one, estimated`

const shared = {
  rounds: 5,
  slices: 20,

  async measure (run) {
    const all = {}
    for (const kind of ['read', 'write']) {
      const trial = (workers) => ({ trial: 'shared.shared', args: { contestant: 'ours', kind, workers } })
      const { one, two } = await interleave(run, kind, { one: trial(1), two: trial(WORKERS) })
      const rate = (results, store) => results.map((result) => result[store])
      const kept = ratio(rate(two, 'shared'), rate(two, 'own'))
      all[kind] = {
        'one worker': perSecond(rate(one, 'own')),
        'two, a store each': perSecond(rate(two, 'own')),
        'two on one store': perSecond(rate(two, 'shared')),
        'two, one store / a store each': kept,
        [ESTIMATED]: { unit: '×', median: estimate(kept.median) }
      }
    }
    return { tables: { all } }
  },

  goals: [['all', ESTIMATED, () => ['≥', 3]]]
}

function perSecond (rates) {
  return Math.round(spread(rates).median)
}

/** What more workers do, each on a core, if each beside the first loses what two lose to the store that they share. */
function estimate (kept) {
  return MORE_WORKERS * (1 - (MORE_WORKERS - 1) * Math.max(0, 1 - kept))
}

const flood = {
  rounds: 1,

  async measure (run) {
    const all = {}
    for (const seconds of [2, 10]) {
      const rows = await compareStores(run, 'flood.flood', { max: 10_000, typing: seconds * 1000 })
      for (const [row, cells] of Object.entries(rows)) all[`${row}, ${seconds} s at the form`] = cells
    }
    return { tables: { all: { ...all, ...await attacks(run, { max: 1000 }, MAX_ATTACKS) } } }
  },

  goals: [['all', NATIVE, (row) => row.startsWith('users logged out') ? ['=', 0] : undefined]],

  charts: {
    'store-flood': {
      title: 'Users logged out by a flood of new sessions',
      note: '1,100 users, 2,000 new sessions per second for two minutes; at most 10,000 sessions, without a maximum in MemoryStore',
      axis: 'users',
      table: 'all',
      columns: ALL_STORES,
      rows: {
        '2 s at the login form': ['flood', 'users logged out, 2 s at the form'],
        '10 s at the login form': ['flood', 'users logged out, 10 s at the form']
      }
    }
  }
}

const floodBytes = {
  rounds: 1,

  async measure (run) {
    const args = { count: 10 * run.million, maxBytes: 256 * 2 ** 20 }
    const all = await compareStores(run, 'flood.floodBytes', args, ['ours'])
    return { tables: { all: { ...all, ...await attacks(run, { maxBytes: 1_000_000 }, BYTES_ATTACKS, ['ours']) } } }
  },

  goals: [['all', NATIVE, (row) => row.startsWith('peak') ? ['<', 400] : row.startsWith('users logged out') ? ['=', 0] : undefined]]
}

/** What strangers do to a store that is nearly full of 900 users: trials/attack.js. */
const MAX_ATTACKS = {
  'one cookie, whose session is gone': { sizes: 'small', returns: 0, shared: true },
  'each cookie sent back once': { sizes: 'small', returns: 1, shared: false },
  'each cookie sent back five times': { sizes: 'small', returns: 5, shared: false }
}
const BYTES_ATTACKS = {
  '15 KB a stranger': { sizes: 'large', returns: 0, shared: false },
  'mixed sizes': { sizes: 'mixed', returns: 0, shared: false },
  'mixed sizes, each cookie sent back once': { sizes: 'mixed', returns: 1, shared: false }
}

async function attacks (run, bounds, kinds, stores = undefined) {
  const all = {}
  for (const [kind, args] of Object.entries(kinds)) {
    const rows = await compareStores(run, 'attack.attack', { bounds, ...args }, stores)
    for (const [row, cells] of Object.entries(rows)) all[`${row}: ${kind}`] = cells
  }
  return all
}

/** A table with a column for each store; its rows are what the trial measures. */
async function compareStores (run, trial, args, stores = Object.keys(LABELS)) {
  const results = await oneByOne(run, trial, Object.fromEntries(stores.map((contestant) => (
    [contestant, { trial, args: { ...args, contestant }, flags: FLAGS }]
  ))))
  const cell = (contestant, row) => {
    const values = results[contestant].map((result) => result[row])
    return values.includes(null) ? null : spread(values, '')
  }
  return Object.fromEntries(Object.keys(results[stores[0]][0]).map((row) => (
    [row, Object.fromEntries(stores.map((contestant) => [LABELS[contestant], cell(contestant, row)]))]
  )))
}

module.exports = { full, expiry, scale, shared, flood, 'flood-bytes': floodBytes }
