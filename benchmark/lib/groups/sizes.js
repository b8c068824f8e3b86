'use strict'

const { interleave } = require('../interleave')
const { differences, ratios, spread } = require('../statistics')

/*
 * Sessions from small to large.
 */

module.exports = { name: 'sizes', run }

const SIZES = [200, 2000, 20_000, 200_000]
const CONTESTANTS = ['none', 'ours', 'upstream']

async function run ({ rounds, slices, progress }) {
  const rows = []
  for (const bytes of SIZES) {
    for (const kind of ['read', 'write']) {
      const results = await interleave({
        rounds,
        slices,
        contestants: CONTESTANTS.map((contestant) => ({
          key: contestant,
          trial: 'middleware',
          args: { contestant, kind, bytes }
        })),
        progress: (text) => progress(`${bytes} bytes, ${kind}, ${text}`)
      })
      rows.push(row(bytes, kind, results))
    }
  }
  return { rows }
}

function row (bytes, kind, results) {
  const cpu = (key) => results[key].map((result) => result.cpu)
  const own = (key) => differences(cpu(key), cpu('none'))
  return {
    bytes,
    kind,
    ours: spread(own('ours')),
    upstream: spread(own('upstream')),
    over: ratios(own('upstream'), own('ours'))
  }
}
