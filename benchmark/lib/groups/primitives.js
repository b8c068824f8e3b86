'use strict'

const { interleave } = require('../interleave')
const { ratios, spread } = require('../statistics')

/*
 * Signatures and ids, against cookie-signature and uid-safe.
 */

module.exports = { name: 'primitives', run }

const KINDS = [
  { kind: 'sign', against: 'cookie-signature' },
  { kind: 'unsign', against: 'cookie-signature' },
  { kind: 'id', against: 'uid-safe' }
]

async function run ({ rounds, slices, progress }) {
  const rows = []
  for (const { kind, against } of KINDS) {
    const { ours, theirs } = await interleave({
      rounds,
      slices,
      contestants: ['ours', 'theirs'].map((contestant) => ({
        key: contestant,
        trial: 'primitives',
        args: { contestant, kind }
      })),
      progress: (text) => progress(`${kind}, ${text}`)
    })
    const cpu = (results) => results.map((result) => result.cpu)
    rows.push({
      kind,
      against,
      ours: spread(cpu(ours)),
      theirs: spread(cpu(theirs)),
      over: ratios(cpu(theirs), cpu(ours))
    })
  }
  return { rows }
}
