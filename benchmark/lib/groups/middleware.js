'use strict'

/*
 * The middleware alone. The same requests without a middleware are measured too and taken off: what is left
 * is the middleware's own.
 */

const { barChart, timeBar } = require('../report/svg')
const { LRU, MEMORY, NATIVE, atLeast, atMost, micro, table, times } = require('../report/text')
const { contestants, interleave } = require('../rounds')
const { KINDS } = require('../sample')
const { cpuTimes, differences, median, ratios, spread } = require('../statistics')

const TRIAL = 'middleware.middleware'
const IN_MEMORY = ['none', 'ours', 'upstream', 'memorystore']

async function measure (run) {
  const rows = []
  for (const kind of KINDS) {
    rows.push(summary(kind, await interleave(run, kind, {
      ...contestants(TRIAL, [...IN_MEMORY, 'ours-async', 'upstream-async'], { kind }),
      parts: { trial: 'parts.parts', args: { kind, objects: false } },
      'parts-objects': { trial: 'parts.parts', args: { kind, objects: true } },
      'store-async': { trial: 'middleware.asyncStore', args: { kind } }
    })))
  }
  return { rows }
}

function summary (kind, results) {
  const { cpu, own } = cpuTimes(results)
  const wall = (key) => median(results[key].map((result) => result.wall))
  // Without the store's own work and the turns of the event loop that it takes.
  const beside = (key) => differences(own(key), cpu('store-async'))

  return {
    kind,
    ours: spread(own('ours')),
    upstream: spread(own('upstream')),
    memorystore: spread(own('memorystore')),
    wall: Object.fromEntries(IN_MEMORY.map((key) => [key, wall(key)])),
    bare: median(cpu('none')),
    overUpstream: ratios(own('upstream'), own('ours')),
    overMemorystore: ratios(own('memorystore'), own('ours')),
    parts: spread(cpu('parts')),
    overParts: ratios(own('ours'), cpu('parts')),
    limit: ratios(own('upstream'), cpu('parts')),
    partsAndObjects: spread(cpu('parts-objects')),
    overPartsAndObjects: ratios(own('ours'), cpu('parts-objects')),
    ordinary: {
      ours: spread(own('ours-async')),
      upstream: spread(own('upstream-async')),
      store: spread(cpu('store-async')),
      over: ratios(own('upstream-async'), own('ours-async')),
      overBesideStore: ratios(beside('upstream-async'), beside('ours-async'))
    }
  }
}

const against = KINDS.flatMap((kind) => [
  { label: kind, trial: TRIAL, args: { kind } },
  { label: `${kind}, another store`, trial: TRIAL, args: { kind }, suffix: '-async' }
])

const tables = ({ rows }) => ({
  own: table(
    ['Request', NATIVE, MEMORY, LRU, 'MemoryStore / native', 'memorystore / native'],
    rows.map((row) => [
      row.kind, micro(row.ours), micro(row.upstream), micro(row.memorystore), times(row.overUpstream), times(row.overMemorystore)
    ])
  ),
  parts: table(
    ['Request', 'parts', 'native / parts', 'parts and objects', 'native / parts and objects', 'MemoryStore / parts'],
    rows.map((row) => [
      row.kind, micro(row.parts), times(row.overParts), micro(row.partsAndObjects), times(row.overPartsAndObjects), times(row.limit)
    ])
  ),
  'other-stores': table(
    ['Request', NATIVE, 'express-session', 'express-session / native', 'the store itself', 'ratio without the store'],
    rows.map(({ kind, ordinary }) => [
      kind, micro(ordinary.ours), micro(ordinary.upstream), times(ordinary.over), micro(ordinary.store), times(ordinary.overBesideStore)
    ])
  ),
  wall: table(
    ['Request', 'no session', NATIVE, MEMORY, LRU],
    rows.map(({ kind, wall }) => [kind, ...IN_MEMORY.map((key) => micro(wall[key]))])
  )
})

const goals = ({ rows }) => rows.flatMap(({ kind, overUpstream, overPartsAndObjects, overParts }) => [
  atLeast(kind === 'login' || kind === 'write' ? 8 : 10, `${kind}, compared with MemoryStore`, overUpstream),
  atMost(2, `${kind}, compared with its parts`, overParts),
  // An id alone says little about a request that must have a session.
  ...(kind === 'anonymous' || kind === 'forged' ? [atMost(2, `${kind}, compared with its parts and objects`, overPartsAndObjects)] : [])
])

const comparisons = ({ rows }) => rows.flatMap(({ kind, overUpstream, overMemorystore, ordinary }) => [
  [`${kind}, compared with MemoryStore`, overUpstream],
  [`${kind}, compared with memorystore`, overMemorystore],
  [`${kind}, another store`, ordinary.over]
])

const charts = ({ rows }) => ({
  middleware: barChart({
    title: 'The middleware alone',
    note: 'CPU time of one request, medians of rounds; shorter is better',
    axis: 'µs',
    series: [NATIVE, MEMORY, LRU],
    groups: rows.map(({ kind, ours, upstream, memorystore, overUpstream, overMemorystore }) => ({
      label: kind,
      bars: [timeBar(ours), timeBar(upstream, overUpstream), timeBar(memorystore, overMemorystore)]
    }))
  })
})

module.exports = { rounds: 9, slices: 8, measure, against, tables, goals, comparisons, charts }
