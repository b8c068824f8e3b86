'use strict'

/*
 * Whole apps over loopback: what sessions add to a request.
 */

const { barChart, ratioBar } = require('../report/svg')
const { MEMORY, NATIVE, atMost, grouped, micro, table, times } = require('../report/text')
const { contestants, interleave } = require('../rounds')
const { ratios, spread } = require('../statistics')

const FRAMEWORKS = { express5: 'Express 5', express4: 'Express 4', http: 'node:http' }
const CONTESTANTS = ['none', 'settled', 'ours', 'upstream']

async function measure (run) {
  const rows = []
  for (const [framework, label] of Object.entries(FRAMEWORKS)) {
    const results = await interleave(run, label, contestants('app.app', CONTESTANTS, { framework }))
    rows.push(summary(label, 'read', results), summary(label, 'write', results))
  }
  return { rows }
}

function summary (framework, kind, results) {
  const of = (field) => Object.fromEntries(CONTESTANTS.map((key) => [key, results[key].map((result) => result[kind][field])]))
  const spreads = (values) => Object.fromEntries(CONTESTANTS.map((key) => [key, spread(values[key])]))
  const cpu = of('cpu')
  const throughput = of('throughput')

  return {
    framework,
    kind,
    cpu: spreads(cpu),
    throughput: spreads(throughput),
    oursOverNone: ratios(cpu.ours, cpu.none),
    oursOverSettled: ratios(cpu.ours, cpu.settled),
    upstreamOverNone: ratios(cpu.upstream, cpu.none),
    throughputOverUpstream: ratios(throughput.ours, throughput.upstream)
  }
}

const against = Object.entries(FRAMEWORKS).map(([framework, label]) => ({
  label,
  trial: 'app.app',
  args: { framework },
  whole: true,
  values: { ', read': ({ read }) => read.cpu, ', write': ({ write }) => write.cpu }
}))

const nameOf = ({ framework, kind }) => `${framework}, ${kind}`

const tables = ({ rows }) => ({
  cpu: table(
    ['App', 'no session', 'workaround only', NATIVE, MEMORY, 'native / none', 'native / workaround only', 'MemoryStore / none'],
    rows.map((row) => [
      nameOf(row), ...CONTESTANTS.map((key) => micro(row.cpu[key])),
      times(row.oursOverNone), times(row.oursOverSettled), times(row.upstreamOverNone)
    ])
  ),
  throughput: table(
    ['Requests per second', 'no session', NATIVE, MEMORY, 'native / MemoryStore'],
    rows.map((row) => [
      nameOf(row), ...['none', 'ours', 'upstream'].map((key) => grouped(Math.round(row.throughput[key].median))),
      times(row.throughputOverUpstream)
    ])
  )
})

const goals = ({ rows }) => rows.filter(({ framework }) => framework === FRAMEWORKS.express5).map((row) => (
  atMost(1.2, `Express 5 app, ${row.kind}: CPU over the app without sessions`, row.oursOverNone)
))

const comparisons = ({ rows }) => rows.map((row) => [`${nameOf(row)}: throughput`, row.throughputOverUpstream])

const charts = ({ rows }) => ({
  apps: barChart({
    title: 'Whole apps: what sessions add',
    note: 'CPU time per request over that of the same app without sessions; shorter is better',
    axis: '× the app without sessions',
    series: [NATIVE, MEMORY],
    goal: { value: 1, label: 'no session' },
    groups: rows.map((row) => ({ label: nameOf(row), bars: [ratioBar(row.oursOverNone), ratioBar(row.upstreamOverNone)] }))
  })
})

module.exports = { rounds: 5, slices: 8, measure, against, tables, goals, comparisons, charts }
