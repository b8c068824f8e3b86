'use strict'

const { interleave } = require('../interleave')
const { KINDS } = require('../requests')
const { differences, median, ratios, spread } = require('../statistics')

/*
 * The middleware alone. The same requests without a middleware are measured too and taken off: what
 * is left is the middleware's own.
 */

module.exports = { name: 'middleware', run }

const LANE = ['none', 'ours', 'upstream', 'memorystore']
const ORDINARY = ['ours-async', 'upstream-async']

async function run ({ rounds, slices, progress }) {
  const rows = []
  for (const kind of KINDS) {
    const results = await interleave({
      rounds,
      slices,
      contestants: [
        ...[...LANE, ...ORDINARY].map((contestant) => ({
          key: contestant,
          trial: 'middleware',
          args: { contestant, kind }
        })),
        { key: 'parts', trial: 'parts', args: { kind, objects: false } },
        { key: 'parts-objects', trial: 'parts', args: { kind, objects: true } },
        { key: 'store-async', trial: 'store-alone', args: { kind } }
      ],
      progress: (text) => progress(`${kind}, ${text}`)
    })
    rows.push(row(kind, results))
  }
  return { rows }
}

function row (kind, results) {
  const cpu = (key) => results[key].map((result) => result.cpu)
  const wall = (key) => results[key].map((result) => result.wall)
  const own = (key) => differences(cpu(key), cpu('none'))
  // The store's own work and the turns of the event loop that it takes.
  const beside = (key) => differences(own(key), cpu('store-async'))

  return {
    kind,
    ours: spread(own('ours')),
    upstream: spread(own('upstream')),
    memorystore: spread(own('memorystore')),
    wall: Object.fromEntries(LANE.map((key) => [key, median(wall(key))])),
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
