'use strict'

/*
 * The middleware alone, with sessions from small to large.
 */

const { barChart, timeBar } = require('../report/svg')
const { MEMORY, NATIVE, atLeast, micro, table, times } = require('../report/text')
const { contestants, interleave } = require('../rounds')
const { cpuTimes, ratios, spread } = require('../statistics')

const TRIAL = 'middleware.middleware'
const WORK = [200, 2000, 20_000, 200_000].flatMap((bytes) => [{ bytes, kind: 'read' }, { bytes, kind: 'write' }])

async function measure (run) {
  const rows = []
  for (const args of WORK) {
    const { own } = cpuTimes(await interleave(run, nameOf(args), contestants(TRIAL, ['none', 'ours', 'upstream'], args)))
    rows.push({ ...args, ours: spread(own('ours')), upstream: spread(own('upstream')), over: ratios(own('upstream'), own('ours')) })
  }
  return { rows }
}

const against = WORK.map((args) => ({ label: nameOf(args), trial: TRIAL, args }))

function nameOf ({ bytes, kind }) {
  return `${bytes / 1000} KB, ${kind}`
}

const tables = ({ rows }) => ({
  all: table(
    ['Session', NATIVE, MEMORY, 'MemoryStore / native'],
    rows.map((row) => [nameOf(row), micro(row.ours), micro(row.upstream), times(row.over)])
  )
})

const goals = ({ rows }) => rows.filter(({ bytes, kind }) => bytes === 200_000 && kind === 'read')
  .map(({ over }) => atLeast(2, 'session of 200 KB, read', over))

const comparisons = ({ rows }) => rows.map((row) => [nameOf(row), row.over])

const charts = ({ rows }) => ({
  sizes: barChart({
    title: 'Sessions from small to large',
    note: 'CPU time of one request, the middleware alone; logarithmic',
    axis: 'µs',
    log: true,
    series: [NATIVE, MEMORY],
    groups: rows.map((row) => ({ label: nameOf(row), bars: [timeBar(row.ours), timeBar(row.upstream, row.over)] }))
  })
})

module.exports = { rounds: 3, slices: 5, measure, against, tables, goals, comparisons, charts }
