'use strict'

const { startTrial } = require('./start-trial')

module.exports = { interleave }

/**
 * Measures contestants against each other. In each round every contestant has a fresh process; they
 * take turns, a slice each, in an order that moves on by one, so that whatever else the machine does
 * slows them alike.
 *
 * @param {object} options
 * @param {number} options.rounds
 * @param {number} options.slices of each contestant in a round
 * @param {{key: string, trial: string, args: object, flags: string[]}[]} options.contestants
 * @param {function(string)} options.progress
 * @return {Promise<Object<string, object[]>>} by key, for each round the means of what slices measured
 */
async function interleave ({ rounds, slices, contestants, progress }) {
  const results = Object.fromEntries(contestants.map(({ key }) => [key, []]))

  for (let round = 0; round < rounds; round++) {
    progress(`round ${round + 1} of ${rounds}`)
    const trials = []
    try {
      for (const { trial, args, flags } of contestants) trials.push(await startTrial(trial, args, flags))
      const measured = contestants.map(() => [])
      for (let slice = 0; slice < slices; slice++) {
        for (let i = 0; i < trials.length; i++) {
          const turn = (i + slice + round) % trials.length
          measured[turn].push(await trials[turn].slice())
        }
      }
      contestants.forEach(({ key }, i) => results[key].push(mean(measured[i])))
    } finally {
      await Promise.all(trials.map((trial) => trial.stop()))
    }
  }
  return results
}

/** The mean slice, field by field, in objects of numbers or of more of them. */
function mean (slices) {
  const [first] = slices
  if (typeof first === 'number') return slices.reduce((sum, value) => sum + value, 0) / slices.length
  if (typeof first !== 'object') return first
  return Object.fromEntries(Object.keys(first).map((key) => [key, mean(slices.map((slice) => slice[key]))]))
}
