'use strict'

/*
 * Before and after of a change: this checkout and another one on the same work in the same rounds.
 */

const { interleave, oneByOne } = require('./rounds')
const { differences, ratio, spread, time } = require('./statistics')

/**
 * @param {object} run with `against`, the path of the other checkout
 * @param {object[]} works of a group: `{ label, trial, args, flags }` and
 *   `values`, what to read from a trial's result, by what it adds to the label (default: CPU time);
 *   `whole`, not to take off what the same work without sessions takes;
 *   `suffix` of the contestants' names;
 *   `alone`, to run one process at a time; then the values are no times
 * @return {Promise<object>} a table
 */
async function measureAgainst (run, works) {
  const table = {}
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
      const figure = alone ? spread : time
      table[label + name] = {
        this: figure(own('this'), ''),
        other: figure(own('other'), ''),
        'other / this': ratio(own('other'), own('this')),
        'express-session / this': ratio(own('upstream'), own('this'))
      }
    }
  }
  return table
}

module.exports = { measureAgainst }
