'use strict'

/*
 * Signatures and ids, compared with the packages that express-session uses.
 */

const { NATIVE } = require('../contestants')
const { contestants, interleave, tabulate } = require('../rounds')
const { cpuTimes, ratio, time } = require('../statistics')

const THEIRS = { sign: 'cookie-signature', unsign: 'cookie-signature', id: 'uid-safe' }

async function measure (run) {
  return tabulate(Object.keys(THEIRS), async (kind) => {
    const { cpu } = cpuTimes(await interleave(run, kind, contestants('primitives.primitives', ['ours', 'theirs'], { kind })))
    return {
      all: {
        [NATIVE]: time(cpu('ours')),
        theirs: time(cpu('theirs')),
        'their package': THEIRS[kind],
        'theirs / native': ratio(cpu('theirs'), cpu('ours'))
      }
    }
  })
}

module.exports = {
  rounds: 5,
  slices: 8,
  measure,
  goals: [['all', 'theirs / native', (kind) => ['≥', kind === 'id' ? 20 : 6]]],
  faster: [['all', 'theirs / native']]
}
