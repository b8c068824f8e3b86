'use strict'

const { interleave } = require('../interleave')
const { ratios, spread } = require('../statistics')

/*
 * Whole apps over loopback: what sessions add to a request.
 */

module.exports = { name: 'apps', run }

const FRAMEWORKS = { express5: 'Express 5', express4: 'Express 4', http: 'node:http' }
const CONTESTANTS = ['none', 'settled', 'ours', 'upstream']

async function run ({ rounds, slices, progress }) {
  const rows = []
  for (const [framework, label] of Object.entries(FRAMEWORKS)) {
    const results = await interleave({
      rounds,
      slices,
      contestants: CONTESTANTS.map((contestant) => ({ key: contestant, trial: 'app', args: { framework, contestant } })),
      progress: (text) => progress(`${label}, ${text}`)
    })
    for (const kind of ['read', 'write']) rows.push(row(label, kind, results))
  }
  return { rows }
}

function row (framework, kind, results) {
  const of = (key, field) => results[key].map((result) => result[kind][field])
  const over = (key, other = 'none') => ratios(of(key, 'cpu'), of(other, 'cpu'))

  return {
    framework,
    kind,
    cpu: Object.fromEntries(CONTESTANTS.map((key) => [key, spread(of(key, 'cpu'))])),
    throughput: Object.fromEntries(CONTESTANTS.map((key) => [key, spread(of(key, 'throughput'))])),
    oursOverNone: over('ours'),
    oursOverSettled: over('ours', 'settled'),
    upstreamOverNone: over('upstream'),
    throughputOverUpstream: ratios(of('ours', 'throughput'), of('upstream', 'throughput'))
  }
}
