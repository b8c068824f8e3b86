'use strict'

const { barChart } = require('./svg')
const { micro, table, times } = require('./table')

/*
 * What `npm run bench` says about the results of each of its groups.
 */

const NATIVE = 'express-session-native'
const MEMORY = 'express-session + MemoryStore'
const LRU = 'express-session + memorystore'

const SECTIONS = {
  middleware: ({ rows }) => `## The middleware alone

CPU time of one request: the middleware's own, after the same request without a middleware is taken off. Ratios
are medians of rounds, in brackets their extremes.

${table(
  ['Request', NATIVE, MEMORY, LRU, 'MemoryStore / native', 'memorystore / native'],
  rows.map((row) => [
    row.kind, micro(row.ours), micro(row.upstream), micro(row.memorystore), times(row.overUpstream), times(row.overMemorystore)
  ])
)}

Against the parts that can not be left out, measured in the same run by calling the engine and JSON with nothing around
them. *Objects*: besides, the bare session and cookie objects that the contract asks for. The last column is as far as
any middleware on these parts could get against MemoryStore.

${table(
  ['Request', 'parts', 'native / parts', 'parts and objects', 'native / parts and objects', 'MemoryStore / parts'],
  rows.map((row) => [
    row.kind, micro(row.parts), times(row.overParts), micro(row.partsAndObjects), times(row.overPartsAndObjects),
      times(row.limit)
  ])
)}

The parts are: a new id (anonymous); verify, a new id (forged); a new id, \`JSON.stringify\`, sign, store (login); verify and
load, \`JSON.parse\`, \`JSON.stringify\`, touch (read), or sign and store instead of touch (write).

The ordinary way, which any other store takes; here one that keeps texts and answers on a later tick. The store's own
work is measured without a middleware.

${table(
  ['Request', `${NATIVE}`, 'express-session', 'express-session / native', 'the store itself', 'beside the store'],
  rows.map(({ kind, ordinary }) => [
    kind, micro(ordinary.ours), micro(ordinary.upstream), times(ordinary.over), micro(ordinary.store), times(ordinary.overBesideStore)
  ])
)}

Wall time of the whole request, for comparison (other programs on the machine count in it):

${table(
  ['Request', 'no session', NATIVE, MEMORY, LRU],
  rows.map(({ kind, wall }) => [kind, ...['none', 'ours', 'upstream', 'memorystore'].map((key) => micro(wall[key]))])
)}`,

  primitives: ({ rows }) => `## Signatures and ids

${table(
  ['Work', NATIVE, 'theirs', '', 'theirs / native'],
  rows.map((row) => [row.kind, micro(row.ours), micro(row.theirs), row.against, times(row.over)])
)}`,

  apps: ({ rows }) => `## Whole apps

CPU time of the server process per request and throughput over loopback, the load (autocannon, 10 connections) coming from
another process on the same machine. *Settled*: no session either, but the remedy for lost hidden classes that this package
brings to Express on Node before 24 ([speed.md](speed.md)).

${table(
  ['App', 'no session', 'settled', NATIVE, MEMORY, 'native / none', 'native / settled', 'MemoryStore / none'],
  rows.map((row) => [
    `${row.framework}, ${row.kind}`, micro(row.cpu.none), micro(row.cpu.settled), micro(row.cpu.ours), micro(row.cpu.upstream),
    times(row.oursOverNone), times(row.oursOverSettled), times(row.upstreamOverNone)
  ])
)}

${table(
  ['Requests a second', 'no session', NATIVE, MEMORY, 'native / MemoryStore'],
  rows.map(({ framework, kind, throughput, throughputOverUpstream }) => [
    `${framework}, ${kind}`,
    ...['none', 'ours', 'upstream'].map((key) => Math.round(throughput[key].median).toLocaleString('en')),
    times(throughputOverUpstream)
  ])
)}`,

  redis: ({ skipped, version, rows }) => skipped
    ? `## Behind connect-redis

Skipped: ${skipped}.`
    : `## Behind connect-redis

Redis ${version} on the loopback. The middleware's own share is what is left when the same calls of connect-redis without a
middleware are taken off. This package is installed under the name of express-session, so that connect-redis inherits its Store;
*beside*: under its own name, so that connect-redis still makes the sessions with express-session's.

${table(
  ['Request', 'connect-redis itself', `${NATIVE}, share`, 'express-session, share', 'share / share', 'beside: share / share', 'in all'],
  rows.map((row) => [
    row.kind, micro(row.store), micro(row.ours), micro(row.upstream), times(row.over), times(row.overBeside), times(row.overInAll)
  ])
)}`,

  sizes: ({ rows }) => `## Sizes

The middleware alone, with sessions of about that many bytes of JSON.

${table(
  ['Session', NATIVE, MEMORY, 'MemoryStore / native'],
  rows.map((row) => [`${row.bytes / 1000} KB, ${row.kind}`, micro(row.ours), micro(row.upstream), times(row.over)])
)}`
}

const CHARTS = {
  middleware: ({ rows }) => barChart({
    title: 'The middleware alone',
    note: 'CPU time of one request, medians of rounds; shorter is better',
    axis: 'µs',
    series: [NATIVE, MEMORY, LRU],
    groups: rows.map((row) => ({
      label: row.kind,
      bars: [row.ours, row.upstream, row.memorystore].map((spread, i) => bar(spread, 1000,
        i === 0 ? micro(spread) : `${micro(spread)}, ${fold(i === 1 ? row.overUpstream : row.overMemorystore)}`))
    }))
  }),

  apps: ({ rows }) => barChart({
    title: 'Whole apps: what sessions add',
    note: 'CPU time per request over that of the same app without sessions; shorter is better',
    axis: '× the app without sessions',
    series: [NATIVE, MEMORY],
    goal: { value: 1, label: 'no session' },
    groups: rows.map((row) => ({
      label: `${row.framework}, ${row.kind}`,
      bars: [row.oursOverNone, row.upstreamOverNone].map((spread) => bar(spread, 1, fold(spread)))
    }))
  }),

  sizes: ({ rows }) => barChart({
    title: 'Sessions from small to large',
    note: 'CPU time of one request, the middleware alone; logarithmic',
    axis: 'µs',
    log: true,
    series: [NATIVE, MEMORY],
    groups: rows.map((row) => ({
      label: `${row.bytes / 1000} KB, ${row.kind}`,
      bars: [bar(row.ours, 1000, micro(row.ours)), bar(row.upstream, 1000, `${micro(row.upstream)}, ${fold(row.over)}`)]
    }))
  })
}

function bar ({ median, min, max }, unit, text) {
  return { value: median / unit, min: min / unit, max: max / unit, text }
}

function fold ({ median }) {
  return `${median.toFixed(median >= 10 ? 0 : 1)}×`
}

module.exports = { CHARTS, SECTIONS }
