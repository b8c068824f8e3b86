'use strict'

/*
 * Whole apps over loopback: what sessions add to a request.
 */

const { MEMORY, NATIVE } = require('../contestants')
const { contestants, interleave, tabulate } = require('../rounds')
const { ratio, spread, time } = require('../statistics')

const FRAMEWORKS = { express5: 'Express 5', express4: 'Express 4', http: 'node:http' }
const KINDS = ['read', 'write']

async function measure (run) {
  const results = {}
  for (const [framework, label] of Object.entries(FRAMEWORKS)) {
    results[label] = await interleave(run, label, contestants('app.app', ['none', 'settled', 'ours', 'upstream'], { framework }))
  }
  const rows = Object.keys(results).flatMap((label) => KINDS.map((kind) => `${label}, ${kind}`))
  return tabulate(rows, (row) => figures(...row.split(', '), results))
}

function figures (label, kind, results) {
  const of = (field) => (key) => results[label][key].map((result) => result[kind][field])
  const cpu = of('cpu')
  const throughput = of('throughput')
  const perSecond = (key) => Math.round(spread(throughput(key)).median)
  return {
    cpu: {
      'no session': time(cpu('none')),
      'workaround only': time(cpu('settled')),
      [NATIVE]: time(cpu('ours')),
      [MEMORY]: time(cpu('upstream')),
      'native / no session': ratio(cpu('ours'), cpu('none')),
      'native / workaround only': ratio(cpu('ours'), cpu('settled')),
      'MemoryStore / no session': ratio(cpu('upstream'), cpu('none'))
    },
    throughput: {
      'no session': perSecond('none'),
      [NATIVE]: perSecond('ours'),
      [MEMORY]: perSecond('upstream'),
      'native / MemoryStore': ratio(throughput('ours'), throughput('upstream'))
    }
  }
}

module.exports = {
  rounds: 5,
  slices: 8,
  measure,

  against: Object.entries(FRAMEWORKS).map(([framework, label]) => ({
    label,
    trial: 'app.app',
    args: { framework },
    whole: true,
    values: { ', read': ({ read }) => read.cpu, ', write': ({ write }) => write.cpu }
  })),

  goals: [['cpu', 'native / no session', (row) => row.startsWith(FRAMEWORKS.express5) ? ['≤', 1.2] : undefined]],
  faster: [['throughput', 'native / MemoryStore']],

  charts: {
    apps: {
      title: 'Whole apps: what sessions add',
      note: 'CPU time per request over that of the same app without sessions; shorter is better',
      axis: '× the app without sessions',
      goal: { value: 1, label: 'no session' },
      series: [NATIVE, MEMORY],
      table: 'cpu',
      columns: { 'native / no session': undefined, 'MemoryStore / no session': undefined }
    }
  }
}
