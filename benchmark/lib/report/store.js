'use strict'

const { barChart } = require('./svg')
const { cell, table } = require('./table')

/*
 * What `npm run bench:store` says about its results.
 */

module.exports = { charts, sections, storeGoals }

const LABELS = {
  ours: 'express-session-native',
  upstream: 'express-session MemoryStore',
  memorystore: 'memorystore'
}

function sections ({ full, expiry, size, flood, floodBytes }) {
  return [
    full && `## A full store

${full[0].count.toLocaleString('en')} sessions, all that the store may hold (express-session's has no bound). Bytes: resident memory of the whole process
after garbage collection, less that of the same process before; the id counts. Stalls: how long the longest call of the
store holds up the event loop, without the time for which the thread waited for a processor, the least of three tries;
*nothing*: the longest turn of an event loop without work, which is what the machine itself adds. Medians of rounds, in
brackets their extremes.

${table(
  ['', ...full.map(({ contestant }) => LABELS[contestant])],
  [
    ['resident bytes a session', ...full.map(({ bytes }) => range(bytes))],
    ['V8 heap bytes a session', ...full.map(({ heap }) => range(heap))],
    ['longest GC pause while filling, ms', ...full.map(({ pause }) => range(pause))],
    ['stall: nothing, ms', ...full.map(({ idle }) => range(idle))],
    ['stall: counting, ms', ...full.map(({ counting }) => range(counting))],
    ['stall: `stats()`, ms', ...full.map(({ stats }) => range(stats))],
    ['stall: evicting, ms', ...full.map(({ evicting }) => range(evicting))]
  ]
)}`,

    expiry && `## Everything expires at once

${expiry[0].count.toLocaleString('en')} sessions with one deadline, on the real clock. memorystore removes them when its \`checkPeriod\` comes round, here
called 0.3 s after the deadline; express-session's MemoryStore removes a session when someone asks for it, not before. Meanwhile
the store is asked for a session, and this package's for its stats too, in every turn of the event loop. What the turns
before the deadline take is the machine's doing, and the garbage collector's.

${table(
  ['', ...expiry.map(({ contestant }) => LABELS[contestant])],
  [
    ['longest call of the store meanwhile, ms', ...expiry.map(({ call }) => range(call))],
    ['longest turn of the event loop meanwhile, ms', ...expiry.map(({ stall }) => range(stall))],
    ['longest turn shortly before, ms', ...expiry.map(({ idle }) => range(idle))],
    ['gone after, ms', ...expiry.map(({ within }) => within === null ? 'never' : range(within))],
    ['memory still resident, %', ...expiry.map(({ residentAfter }) => cell(residentAfter.median * 100))]
  ]
)}`,

    size && `## Size

CPU time of the store's public methods, with the JSON in them, on sessions picked at random.

${table(
  ['Sessions', 'get, µs', 'touch, µs', 'set, µs'],
  [
    ...size.map(({ count, ...costs }) => [count.median.toLocaleString('en'), ...['get', 'touch', 'set'].map((kind) => cell(costs[kind].median / 1000))]),
    ['ratio', ...['get', 'touch', 'set'].map((kind) => `${(size[size.length - 1][kind].median / size[0][kind].median).toFixed(2)}×`)]
  ]
)}`,

    flood && `## A flood of new sessions

\`max\` of 10,000; 1,000 users with a request a minute; 2,000 new sessions a second that nobody comes back to, for two simulated
minutes; meanwhile 100 more users log in: a page makes their session, and some seconds later they send the form with its
cookie, which regenerates the session.

${table(
  ['Store', 'seconds at the form', 'users logged out', 'of them late', 'sessions held'],
  flood.map(({ contestant, typing, lost, of, lateLost, held }) => [
    LABELS[contestant], typing / 1000, `${lost.toLocaleString('en')} of ${of.toLocaleString('en')}`, lateLost, held.toLocaleString('en')
  ])
)}

express-session's MemoryStore loses nobody, because it never lets go of anything: it grows until the process ends.`,

    floodBytes && `## A flood without \`max\`

${floodBytes.count.toLocaleString('en')} new sessions through the middleware, against a \`maxBytes\` of ${floodBytes.maxBytes / 2 ** 20} MiB, 20 requests in each turn of the event loop.

${table(['', ''], [
  ['peak resident memory, MiB', Math.round(floodBytes.peak / 2 ** 20)],
  ['requests answered', floodBytes.answered.toLocaleString('en')],
  ['sessions held at the end', floodBytes.sessions.toLocaleString('en')],
  ['mean turn, ms', cell(floodBytes.meanTurn)],
  ['longest turn, ms', cell(floodBytes.longestTurn)],
  ['turns above 10 ms', `${floodBytes.above10ms} of ${floodBytes.turns.toLocaleString('en')}`]
])}`
  ].filter(Boolean)
}

function storeGoals ({ full, expiry, size, flood, floodBytes }) {
  const goals = []
  const add = (what, goal, value, met) => goals.push([what, goal, value, met ? 'met' : 'missed'])

  if (full) {
    const [ours] = full
    add('resident bytes a session', '≤ 270', cell(ours.bytes.median), ours.bytes.median <= 270)
    add('V8 heap bytes a session', '0', cell(ours.heap.median), Math.abs(ours.heap.median) < 1)
    for (const kind of ['counting', 'stats', 'evicting']) {
      add(`longest stall: ${kind}`, '< 2 ms', `${range(ours[kind])} ms`, ours[kind].median < 2)
    }
    add('longest GC pause while filling', '< 20 ms', `${range(ours.pause)} ms`, ours.pause.median < 20)
  }
  if (expiry) {
    const [ours] = expiry
    add('longest stall: all expire at once', '< 2 ms', `${range(ours.call)} ms`, ours.call.median < 2)
    add('expired sessions are gone after', '≤ 1,000 ms', ours.within === null ? 'never' : `${range(ours.within)} ms`, ours.within !== null && ours.within.median <= 1000)
  }
  if (size) {
    for (const kind of ['get', 'touch', 'set']) {
      const ratio = size[size.length - 1][kind].median / size[0][kind].median
      add(`${kind} with ${size[size.length - 1].count.median.toLocaleString('en')} sessions over ${size[0].count.median.toLocaleString('en')}`, '≤ 1.5×', `${ratio.toFixed(2)}×`, ratio <= 1.5)
    }
  }
  if (flood) {
    const [ours] = flood
    add('users logged out in the flood', '0', `${ours.lost} of ${ours.of}`, ours.lost === 0)
  }
  if (floodBytes) {
    const mib = floodBytes.peak / 2 ** 20
    add(`peak memory, ${floodBytes.count.toLocaleString('en')} sessions against 256 MiB`, '< 400 MiB', `${Math.round(mib)} MiB`, mib < 400)
  }
  return table(['Goal', 'wanted', 'this run', ''], goals)
}

function charts ({ full, expiry, flood }) {
  const names = (rows) => rows.map(({ contestant }) => LABELS[contestant])
  const group = (label, rows, field, unit = '') => ({
    label,
    bars: rows.map((row) => row[field] === null ? null : { value: Math.max(row[field].median, 0.01), text: `${cell(Math.max(0, row[field].median))}${unit}` })
  })

  return {
    bytes: full && barChart({
      title: 'Memory of a session',
      note: `${full[0].count.toLocaleString('en')} sessions of 270 bytes of text, id and data included; shorter is better`,
      axis: 'bytes',
      series: names(full),
      goal: { value: 270, label: '270: the text itself' },
      groups: [group('resident', full, 'bytes'), group('V8 heap', full, 'heap')]
    }),
    stalls: full && expiry && barChart({
      title: 'How long the event loop stands still',
      note: `${full[0].count.toLocaleString('en')} sessions; the longest turn, logarithmic; shorter is better`,
      axis: 'ms',
      log: true,
      series: names(full),
      goal: { value: 2, label: '2 ms' },
      groups: [
        group('nothing to do', full, 'idle', ' ms'),
        group('counting', full, 'counting', ' ms'),
        group('evicting', full, 'evicting', ' ms'),
        group('all expire at once', expiry, 'call', ' ms'),
        group('GC, while filling', full, 'pause', ' ms')
      ]
    }),
    flood: flood && barChart({
      title: 'Users logged out by a flood of new sessions',
      note: '10,000 sessions at most, 1,100 users, 2,000 new sessions a second for two minutes',
      axis: 'users',
      series: Object.values(LABELS),
      groups: [...new Set(flood.map(({ typing }) => typing))].map((typing) => ({
        label: `${typing / 1000} s at the login form`,
        bars: flood.filter((row) => row.typing === typing).map(({ contestant, lost, held }) => ({
          value: lost,
          text: contestant === 'upstream' ? `${lost}, and holds ${held.toLocaleString('en')} sessions` : lost.toLocaleString('en')
        }))
      }))
    })
  }
}

function range (spread) {
  if (spread === null) return '–'
  const { median, min, max } = spread
  return max - min < 0.05 ? cell(median) : `${cell(median)} (${cell(min)}–${cell(max)})`
}
