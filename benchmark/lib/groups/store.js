'use strict'

/*
 * The store: memory, pauses, stalls, size and floods. Each figure comes from processes of its own.
 */

const { LRU, MEMORY, NATIVE } = require('../contestants')
const { grouped } = require('../report/text')
const { oneByOne } = require('../rounds')
const { spread, time } = require('../statistics')

const LABELS = { ours: NATIVE, upstream: MEMORY, memorystore: LRU }
const FLAGS = ['--expose-gc', '--max-old-space-size=8192']
const MIB = 2 ** 20
const ALL_STORES = { [NATIVE]: undefined, [MEMORY]: undefined, [LRU]: undefined }

const full = {
  rounds: 3,

  measure: (run) => compareStores(run, 'store.full', {
    'resident bytes per session': ['bytes', ''],
    'V8 heap bytes per session': ['heap', ''],
    'longest GC pause while filling': ['pause', 'ms'],
    'stall: nothing': ['idle', 'ms'],
    'stall: counting': ['counting', 'ms'],
    'stall: `stats()`': ['stats', 'ms'],
    'stall: evicting': ['evicting', 'ms']
  }),

  against: [{ label: 'resident bytes per session', trial: 'store.full', flags: FLAGS, alone: true, values: { '': ({ bytes }) => bytes } }],

  goals: [['all', NATIVE, (row) => ({
    'resident bytes per session': ['≤', 270],
    'V8 heap bytes per session': ['<', 1],
    'longest GC pause while filling': ['<', 20],
    'stall: counting': ['<', 2],
    'stall: `stats()`': ['<', 2],
    'stall: evicting': ['<', 2]
  })[row]]],

  charts: {
    'store-bytes': {
      title: 'Memory of a session',
      note: '1,000,000 sessions of 270 bytes of text, id and data included; shorter is better',
      axis: 'bytes',
      goal: { value: 270, label: '270: the text itself' },
      table: 'all',
      columns: ALL_STORES,
      rows: { resident: ['full', 'resident bytes per session'], 'V8 heap': ['full', 'V8 heap bytes per session'] }
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
        'nothing to do': ['full', 'stall: nothing'],
        counting: ['full', 'stall: counting'],
        evicting: ['full', 'stall: evicting'],
        'all expire at once': ['expiry', 'longest call of the store meanwhile'],
        'GC, while filling': ['full', 'longest GC pause while filling']
      }
    }
  }
}

const expiry = {
  rounds: 3,

  measure: (run) => compareStores(run, 'store.expiry', {
    'longest call of the store meanwhile': ['call', 'ms'],
    'longest turn of the event loop meanwhile': ['stall', 'ms'],
    'longest turn shortly before': ['idle', 'ms'],
    'all gone after': ['within', 'ms'],
    'memory still resident': ['residentAfter', '%']
  }),

  goals: [['all', NATIVE, (row) => ({
    'longest call of the store meanwhile': ['<', 2],
    'all gone after': ['≤', 1000]
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

const flood = {
  rounds: 1,

  async measure (run) {
    const rows = {}
    for (const typing of [2, 10]) {
      const args = { typing: typing * 1000, max: 10_000 }
      const results = await oneByOne(run, `${typing} s at the form,`, Object.fromEntries(Object.keys(LABELS).map((contestant) => (
        [contestant, { trial: 'flood.flood', args: { ...args, contestant }, flags: FLAGS }]
      ))))
      const row = (field) => Object.fromEntries(Object.entries(LABELS).map(([contestant, label]) => [label, results[contestant][0][field]]))
      rows[`users logged out, ${typing} s at the form`] = row('lost')
      rows[`of them late, ${typing} s at the form`] = row('lateLost')
      rows[`sessions held, ${typing} s at the form`] = row('held')
    }
    return { tables: { all: rows } }
  },

  goals: [['all', NATIVE, (row) => row.startsWith('users logged out') ? ['≤', 0] : undefined]],

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
    const args = { contestant: 'ours', count: 10 * run.million, maxBytes: 256 * MIB }
    const { ours: [result] } = await oneByOne(run, 'sessions of', { ours: { trial: 'flood.floodBytes', args, flags: FLAGS } })
    const cells = {
      'new sessions': result.count,
      '`maxBytes`, MiB': result.maxBytes / MIB,
      'peak resident memory, MiB': Math.round(result.peak / MIB),
      'requests answered': result.answered,
      'sessions held at the end': result.sessions,
      'mean turn': spread([result.meanTurn], 'ms'),
      'longest turn': spread([result.longestTurn], 'ms'),
      'turns in all': result.turns,
      'turns above 10 ms': result.above10ms
    }
    return { tables: { all: Object.fromEntries(Object.entries(cells).map(([row, cell]) => [row, { [NATIVE]: cell }])) } }
  },

  goals: [['all', NATIVE, (row) => row.startsWith('peak') ? ['<', 400] : undefined]]
}

/** A table with a column for each store. `rows` say which field of the trial's result they show, in which unit. */
async function compareStores (run, trial, rows) {
  const results = await oneByOne(run, 'sessions in', Object.fromEntries(Object.keys(LABELS).map((contestant) => (
    [contestant, { trial, args: { contestant, count: run.million }, flags: FLAGS }]
  ))))
  const cell = (contestant, [field, unit]) => {
    const values = results[contestant].map((round) => round[field])
    return values.includes(null) ? null : spread(values, unit)
  }
  return {
    tables: {
      all: Object.fromEntries(Object.entries(rows).map(([row, source]) => (
        [row, Object.fromEntries(Object.entries(LABELS).map(([contestant, label]) => [label, cell(contestant, source)]))]
      )))
    }
  }
}

module.exports = { full, expiry, scale, flood, 'flood-bytes': floodBytes }
