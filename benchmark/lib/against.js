'use strict'

/*
 * Before and after of a change: this checkout and another one on the same work in the same rounds.
 */

const { round, table, times } = require('./report/text')
const { interleave, oneByOne } = require('./rounds')
const { differences, ratios, spread } = require('./statistics')

/**
 * @param {object} run with `against`, the path of the other checkout
 * @param {object[]} works of a group: `{ label, trial, args, flags }` and
 *   `values`, what to read from a trial's result, by what it adds to the label (default: CPU time);
 *   `whole`, not to take off what the same work without sessions takes;
 *   `suffix` of the contestants' names;
 *   `alone`, to run one process at a time
 * @return {Promise<object[]>} rows for `tableAgainst`
 */
async function measureAgainst (run, works) {
  const rows = []
  for (const { label, trial, args, flags, suffix = '', alone = false, whole = alone, values = { '': ({ cpu }) => cpu } } of works) {
    const contestant = (name, from) => ({ trial, flags, args: { count: run.million, ...args, contestant: name, from } })
    const results = await (alone ? oneByOne : interleave)(run, label, {
      ...(!whole && { none: contestant('none') }),
      this: contestant(`ours${suffix}`),
      other: contestant(`ours${suffix}`, run.against),
      upstream: contestant(`upstream${suffix}`)
    })
    for (const [name, valueOf] of Object.entries(values)) {
      const value = (key) => results[key].map(valueOf)
      const own = (key) => whole ? value(key) : differences(value(key), value('none'))
      rows.push({
        label: label + name,
        unit: alone ? 1 : 1000,
        this: spread(own('this')),
        other: spread(own('other')),
        otherOverThis: ratios(own('other'), own('this')),
        upstreamOverThis: ratios(own('upstream'), own('this'))
      })
    }
  }
  return rows
}

function tableAgainst (rows) {
  return table(['µs or bytes', 'this', 'other', 'other / this', 'express-session / this'], rows.map((row) => [
    row.label, round(row.this.median / row.unit), round(row.other.median / row.unit), times(row.otherOverThis), times(row.upstreamOverThis)
  ]))
}

module.exports = { measureAgainst, tableAgainst }
