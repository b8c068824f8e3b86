'use strict'

/*
 * The middleware alone. The same requests without a middleware are measured too and taken off: what is left
 * is the middleware's own.
 */

const { BARE, LRU, MEMORY, NATIVE } = require('../contestants')
const { contestants, interleave, tabulate } = require('../rounds')
const { KINDS } = require('../sample')
const { cpuTimes, differences, ratio, time } = require('../statistics')

const TRIAL = 'middleware.middleware'

async function measure (run) {
  return tabulate(KINDS, async (kind) => figures(await interleave(run, kind, {
    ...contestants(TRIAL, ['none', 'bare', 'ours', 'upstream', 'memorystore', 'ours-async', 'upstream-async'], { kind }),
    'store-async': { trial: 'middleware.asyncStore', args: { kind } }
  })))
}

function figures (results) {
  const { cpu, own } = cpuTimes(results)
  const wall = (key) => time(results[key].map((result) => result.wall))
  // Without the store's own work and the turns of the event loop that it takes.
  const beside = (key) => differences(own(key), cpu('store-async'))

  return {
    own: {
      [BARE]: time(own('bare')),
      [NATIVE]: time(own('ours')),
      [MEMORY]: time(own('upstream')),
      [LRU]: time(own('memorystore')),
      'MemoryStore / native': ratio(own('upstream'), own('ours')),
      'memorystore / native': ratio(own('memorystore'), own('ours')),
      'native / bare': ratio(own('ours'), own('bare'))
    },
    'other-stores': {
      [NATIVE]: time(own('ours-async')),
      'express-session': time(own('upstream-async')),
      'express-session / native': ratio(own('upstream-async'), own('ours-async')),
      'the store itself': time(cpu('store-async')),
      'ratio without the store': ratio(beside('upstream-async'), beside('ours-async'))
    },
    wall: { 'no session': wall('none'), [NATIVE]: wall('ours'), [MEMORY]: wall('upstream'), [LRU]: wall('memorystore') }
  }
}

module.exports = {
  rounds: 7,
  slices: 8,
  measure,

  against: KINDS.flatMap((kind) => [
    { label: kind, trial: TRIAL, args: { kind } },
    { label: `${kind}, another store`, trial: TRIAL, args: { kind }, suffix: '-async' }
  ]),

  goals: [
    ['own', 'MemoryStore / native', (kind) => ['≥', kind === 'login' || kind === 'write' ? 8 : 10]]
  ],
  faster: [['own', 'MemoryStore / native'], ['own', 'memorystore / native'], ['other-stores', 'express-session / native']],

  charts: {
    middleware: {
      title: 'The middleware alone',
      note: 'CPU time of one request, medians of rounds; shorter is better',
      axis: 'µs',
      table: 'own',
      columns: { [NATIVE]: undefined, [MEMORY]: 'MemoryStore / native', [LRU]: 'memorystore / native' }
    }
  }
}
