'use strict'

/*
 * The store: memory, pauses, stalls, size and floods. Each figure comes from processes of its own.
 */

const { barChart } = require('../report/svg')
const { grouped, range, round, table } = require('../report/text')
const { oneByOne } = require('../rounds')
const { median } = require('../statistics')

const LABELS = { ours: 'express-session-native', upstream: 'express-session MemoryStore', memorystore: 'memorystore' }
const FLAGS = ['--expose-gc', '--max-old-space-size=8192']
const MIB = 2 ** 20
const METHODS = ['get', 'touch', 'set']

const full = {
  rounds: 3,
  measure: (run) => compareStores(run, 'store.full'),
  against: [{ label: 'resident bytes', trial: 'store.full', flags: FLAGS, alone: true, values: { ' per session': ({ bytes }) => bytes } }],

  tables: ({ rows }) => ({
    all: table([`${grouped(rows[0].count)} sessions`, ...labels(rows)], [
      ['resident bytes per session', ...rows.map(({ bytes }) => range(bytes))],
      ['V8 heap bytes per session', ...rows.map(({ heap }) => range(heap))],
      ['longest GC pause while filling, ms', ...rows.map(({ pause }) => range(pause))],
      ['stall: nothing, ms', ...rows.map(({ idle }) => range(idle))],
      ['stall: counting, ms', ...rows.map(({ counting }) => range(counting))],
      ['stall: `stats()`, ms', ...rows.map(({ stats }) => range(stats))],
      ['stall: evicting, ms', ...rows.map(({ evicting }) => range(evicting))]
    ])
  }),

  goals: ({ rows: [{ bytes, heap, pause, ...stalls }] }) => [
    ['resident bytes per session', '≤ 270', round(bytes.median), bytes.median <= 270],
    ['V8 heap bytes per session', '0', round(heap.median), Math.abs(heap.median) < 1],
    ...['counting', 'stats', 'evicting'].map((kind) => below(2, `longest stall: ${kind}`, stalls[kind])),
    below(20, 'longest GC pause while filling', pause)
  ],

  charts: ({ rows }, { expiry }) => ({
    'store-bytes': barChart({
      title: 'Memory of a session',
      note: `${grouped(rows[0].count)} sessions of 270 bytes of text, id and data included; shorter is better`,
      axis: 'bytes',
      series: labels(rows),
      goal: { value: 270, label: '270: the text itself' },
      groups: [bars('resident', rows, 'bytes', ''), bars('V8 heap', rows, 'heap', '')]
    }),
    ...(expiry && {
      'store-stalls': barChart({
        title: 'How long the event loop is held up',
        note: `${grouped(rows[0].count)} sessions; the longest turn, logarithmic; shorter is better`,
        axis: 'ms',
        log: true,
        series: labels(rows),
        goal: { value: 2, label: '2 ms' },
        groups: [
          bars('nothing to do', rows, 'idle', ' ms'),
          bars('counting', rows, 'counting', ' ms'),
          bars('evicting', rows, 'evicting', ' ms'),
          bars('all expire at once', expiry.rows, 'call', ' ms'),
          bars('GC, while filling', rows, 'pause', ' ms')
        ]
      })
    })
  })
}

const expiry = {
  rounds: 3,
  measure: (run) => compareStores(run, 'store.expiry'),

  tables: ({ rows }) => ({
    all: table([`${grouped(rows[0].count)} sessions`, ...labels(rows)], [
      ['longest call of the store meanwhile, ms', ...rows.map(({ call }) => range(call))],
      ['longest turn of the event loop meanwhile, ms', ...rows.map(({ stall }) => range(stall))],
      ['longest turn shortly before, ms', ...rows.map(({ idle }) => range(idle))],
      ['gone after, ms', ...rows.map(({ within }) => within === null ? 'never' : range(within))],
      ['memory still resident, %', ...rows.map(({ residentAfter }) => round(residentAfter.median * 100))]
    ])
  }),

  goals: ({ rows: [{ call, within }] }) => [
    below(2, 'longest stall: all expire at once', call),
    ['expired sessions are gone after', '≤ 1,000 ms', within === null ? 'never' : `${range(within)} ms`, within !== null && within.median <= 1000]
  ]
}

const scale = {
  rounds: 3,

  async measure (run) {
    const counts = [10_000, run.tenMillion ? 10_000_000 : run.million]
    const results = await oneByOne(run, 'sessions: ', Object.fromEntries(counts.map((count) => (
      [count, { trial: 'store.scale', args: { contestant: 'ours', count }, flags: FLAGS }]
    ))))
    return { rows: counts.map((count) => summary(results[count])) }
  },

  tables: ({ rows }) => ({
    all: table(['Sessions', ...METHODS.map((method) => `${method}, µs`)], [
      ...rows.map((row) => [grouped(row.count.median), ...METHODS.map((method) => round(row[method].median / 1000))]),
      ['ratio', ...METHODS.map((method) => `${growth(rows, method).toFixed(2)}×`)]
    ])
  }),

  goals: ({ rows }) => METHODS.map((method) => {
    const [few, many] = rows.map(({ count }) => grouped(count.median))
    const ratio = growth(rows, method)
    return [`${method} with ${many} sessions over ${few}`, '≤ 1.5×', `${ratio.toFixed(2)}×`, ratio <= 1.5]
  })
}

const flood = {
  rounds: 1,

  async measure (run) {
    const work = Object.keys(LABELS).flatMap((contestant) => [2000, 10_000].map((typing) => ({ contestant, typing, max: 10_000 })))
    const results = await oneByOne(run, 'contestant ', work.map((args) => ({ trial: 'flood.flood', args, flags: FLAGS })))
    return { rows: work.map(({ contestant, typing }, i) => ({ contestant, typing, ...results[i][0] })) }
  },

  tables: ({ rows }) => ({
    all: table(
      ['Store', 'seconds at the form', 'users logged out', 'of them late', 'sessions held'],
      rows.map(({ contestant, typing, lost, of, lateLost, held }) => (
        [LABELS[contestant], typing / 1000, `${grouped(lost)} of ${grouped(of)}`, lateLost, grouped(held)]
      ))
    )
  }),

  goals: ({ rows: [{ lost, of }] }) => [['users logged out in the flood', '0', `${lost} of ${grouped(of)}`, lost === 0]],

  charts: ({ rows }) => ({
    'store-flood': barChart({
      title: 'Users logged out by a flood of new sessions',
      note: '10,000 sessions at most, 1,100 users, 2,000 new sessions per second for two minutes',
      axis: 'users',
      series: Object.values(LABELS),
      groups: [...new Set(rows.map(({ typing }) => typing))].map((typing) => ({
        label: `${typing / 1000} s at the login form`,
        bars: rows.filter((row) => row.typing === typing).map(({ contestant, lost, held }) => ({
          value: lost,
          text: contestant === 'upstream' ? `${lost}, and holds ${grouped(held)} sessions` : grouped(lost)
        }))
      }))
    })
  })
}

const floodBytes = {
  rounds: 1,

  async measure (run) {
    const args = { contestant: 'ours', count: 10 * run.million, maxBytes: 256 * MIB }
    const { ours } = await oneByOne(run, '', { ours: { trial: 'flood.floodBytes', args, flags: FLAGS } })
    return { rows: ours }
  },

  tables: ({ rows: [row] }) => ({
    all: table(['', ''], [
      ['new sessions', grouped(row.count)],
      ['`maxBytes`, MiB', row.maxBytes / MIB],
      ['peak resident memory, MiB', Math.round(row.peak / MIB)],
      ['requests answered', grouped(row.answered)],
      ['sessions held at the end', grouped(row.sessions)],
      ['mean turn, ms', round(row.meanTurn)],
      ['longest turn, ms', round(row.longestTurn)],
      ['turns above 10 ms', `${row.above10ms} of ${grouped(row.turns)}`]
    ])
  }),

  goals: ({ rows: [{ count, peak }] }) => {
    const mib = peak / MIB
    return [[`peak memory, ${grouped(count)} sessions against 256 MiB`, '< 400 MiB', `${Math.round(mib)} MiB`, mib < 400]]
  }
}

async function compareStores (run, trial) {
  const stores = Object.keys(LABELS).map((contestant) => (
    [contestant, { trial, args: { contestant, count: run.million }, flags: FLAGS }]
  ))
  const results = await oneByOne(run, '', Object.fromEntries(stores))
  return { rows: Object.keys(LABELS).map((contestant) => ({ contestant, count: run.million, ...summary(results[contestant]) })) }
}

/** Field by field; what is null in one round is null. */
function summary (rounds) {
  return Object.fromEntries(Object.keys(rounds[0]).map((field) => {
    const values = rounds.map((round) => round[field])
    return [field, values.includes(null) ? null : { median: median(values), min: Math.min(...values), max: Math.max(...values) }]
  }))
}

function growth (rows, method) {
  return rows[rows.length - 1][method].median / rows[0][method].median
}

function below (limit, what, spread) {
  return [what, `< ${limit} ms`, `${range(spread)} ms`, spread.median < limit]
}

function labels (rows) {
  return rows.map(({ contestant }) => LABELS[contestant])
}

function bars (label, rows, field, unit) {
  return {
    label,
    bars: rows.map(({ [field]: spread }) => spread && { value: Math.max(spread.median, 0.01), text: round(Math.max(0, spread.median)) + unit })
  }
}

module.exports = { full, expiry, scale, flood, 'flood-bytes': floodBytes }
