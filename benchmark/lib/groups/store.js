'use strict'

const { runTrial } = require('../start-trial')
const { median } = require('../statistics')

/*
 * The store: memory, pauses, stalls, size, floods. Each figure from fresh processes.
 */

module.exports = { expiry, flood, floodBytes, full, size }

const CONTESTANTS = ['ours', 'upstream', 'memorystore']
const FLAGS = ['--expose-gc', '--max-old-space-size=8192']

/** Filled to the bound: of memory the median of the rounds; of pauses and stalls too, and the least. */
async function full ({ rounds, count, progress }) {
  return rows('store-full', { rounds, count, progress })
}

async function expiry ({ rounds, count, progress }) {
  return rows('store-expiry', { rounds, count, progress })
}

async function rows (trial, { rounds, count, progress }) {
  const results = Object.fromEntries(CONTESTANTS.map((key) => [key, []]))
  for (let round = 0; round < rounds; round++) {
    for (const contestant of CONTESTANTS) {
      progress(`${contestant}, round ${round + 1} of ${rounds}`)
      results[contestant].push(await runTrial(trial, { contestant, count }, FLAGS))
    }
  }
  return CONTESTANTS.map((contestant) => ({ contestant, count, ...summary(results[contestant]) }))
}

/** Field by field; what is null in one round is null. */
function summary (results) {
  return Object.fromEntries(Object.keys(results[0]).map((field) => {
    const values = results.map((result) => result[field])
    return [field, values.includes(null) ? null : { median: median(values), min: Math.min(...values), max: Math.max(...values) }]
  }))
}

/** What a call costs in a store of each size, a round of both after the other. */
async function size ({ rounds, counts, progress }) {
  const results = counts.map(() => [])
  for (let round = 0; round < rounds; round++) {
    for (const [i, count] of counts.entries()) {
      progress(`${count.toLocaleString('en')} sessions, round ${round + 1} of ${rounds}`)
      results[i].push(await runTrial('store-size', { contestant: 'ours', count }, FLAGS))
    }
  }
  return results.map((rounds) => summary(rounds))
}

async function flood ({ typing, progress }) {
  const list = []
  for (const contestant of CONTESTANTS) {
    for (const ms of typing) {
      progress(`${contestant}, ${ms / 1000} s at the form`)
      list.push({ contestant, typing: ms, ...await runTrial('flood', { contestant, max: 10_000, typing: ms }, FLAGS) })
    }
  }
  return list
}

async function floodBytes ({ count, progress }) {
  progress(`${count.toLocaleString('en')} sessions`)
  return runTrial('flood-bytes', { count, maxBytes: 256 * 2 ** 20 }, FLAGS)
}
