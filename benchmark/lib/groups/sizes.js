'use strict'

/*
 * The middleware alone, with sessions from small to large.
 */

const { MEMORY, NATIVE } = require('../contestants')
const { contestants, interleave, tabulate } = require('../rounds')
const { cpuTimes, ratio, time } = require('../statistics')

const TRIAL = 'middleware.middleware'
const WORK = Object.fromEntries([200, 2000, 20_000, 200_000].flatMap((bytes) => (
  ['read', 'write'].map((kind) => [`${bytes / 1000} KB, ${kind}`, { bytes, kind }])
)))

async function measure (run) {
  return tabulate(Object.keys(WORK), async (row) => {
    const { own } = cpuTimes(await interleave(run, row, contestants(TRIAL, ['none', 'ours', 'upstream'], WORK[row])))
    return {
      all: { [NATIVE]: time(own('ours')), [MEMORY]: time(own('upstream')), 'MemoryStore / native': ratio(own('upstream'), own('ours')) }
    }
  })
}

module.exports = {
  rounds: 3,
  slices: 5,
  measure,
  against: Object.entries(WORK).map(([label, args]) => ({ label, trial: TRIAL, args })),
  goals: [['all', 'MemoryStore / native', (row) => row === '200 KB, read' ? ['≥', 2] : undefined]],
  faster: [['all', 'MemoryStore / native']],

  charts: {
    sizes: {
      title: 'Sessions from small to large',
      note: 'CPU time of one request, the middleware alone; logarithmic',
      axis: 'µs',
      log: true,
      table: 'all',
      columns: { [NATIVE]: undefined, [MEMORY]: 'MemoryStore / native' }
    }
  }
}
