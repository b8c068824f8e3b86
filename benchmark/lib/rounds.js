'use strict'

/*
 * Runs trials in processes of their own and collects what they measure, round by round.
 *
 * A `run` is `{ rounds, slices, node, progress }`; contestants are `{ key: { trial, args, flags } }`; results
 * are `{ key: [what each round measured] }`.
 */

const { fork } = require('node:child_process')
const { once } = require('node:events')
const os = require('node:os')
const path = require('node:path')

const TIME_LIMIT = 30 * 60 * 1000

/** Contestants of one trial that differ in their name only. */
function contestants (trial, names, args) {
  return Object.fromEntries(names.map((contestant) => [contestant, { trial, args: { ...args, contestant } }]))
}

/**
 * In each round every contestant has a fresh process. They take turns, a slice each, and the order moves on
 * by one, so that whatever else the machine does slows all of them alike. A round's result is the mean slice.
 */
async function interleave ({ rounds, slices, node, progress }, label, contestants) {
  const keys = Object.keys(contestants)
  const results = Object.fromEntries(keys.map((key) => [key, []]))

  for (let round = 0; round < rounds; round++) {
    progress(`${label}, round ${round + 1} of ${rounds}`)
    const trials = []
    try {
      for (const key of keys) trials.push(await startTrial(contestants[key], node))
      const measured = keys.map(() => [])
      for (let slice = 0; slice < slices; slice++) {
        for (let i = 0; i < trials.length; i++) {
          const turn = (i + slice + round) % trials.length
          measured[turn].push(await trials[turn].slice())
        }
      }
      keys.forEach((key, i) => results[key].push(mean(measured[i])))
    } finally {
      await Promise.all(trials.map((trial) => trial.stop()))
    }
  }
  return results
}

/** One process at a time, a slice each: for trials that weigh the process or watch for stalls. */
async function oneByOne (run, label, contestants) {
  giveWayToNobody()
  const results = {}
  for (let round = 0; round < run.rounds; round++) {
    for (const [key, contestant] of Object.entries(contestants)) {
      const alone = await interleave({ ...run, rounds: 1, slices: 1 }, `${label} ${key}`, { [key]: contestant })
      results[key] = [...(results[key] || []), ...alone[key]]
    }
  }
  return results
}

/** Other programs' turns on the processor are not stalls of ours. Child processes inherit the priority. */
function giveWayToNobody () {
  try {
    os.setPriority(-20)
  } catch {} // takes a privilege
}

/**
 * @param {string[]} rows
 * @param {function(string): Promise<object>} measure a row of each table: `{ table: { column: cell } }`
 * @return {Promise<object>} `{ tables: { table: { row: { column: cell } } } }`
 */
async function tabulate (rows, measure) {
  const tables = {}
  for (const row of rows) {
    for (const [table, cells] of Object.entries(await measure(row))) tables[table] = { ...tables[table], [row]: cells }
  }
  return { tables }
}

async function startTrial ({ trial, args, flags = [] }, node) {
  const child = fork(path.join(__dirname, 'trial.js'), [trial, JSON.stringify(args)], {
    env: { ...process.env, NODE_ENV: 'production', DEBUG: undefined },
    execArgv: flags,
    execPath: node,
    killSignal: 'SIGKILL',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    timeout: TIME_LIMIT
  })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (data) => { errors += data })
  const closed = once(child, 'close') // not emitted after our own disconnect
  const exited = once(child, 'exit')

  async function answer () {
    const failed = closed.then(([code, signal]) => {
      throw new Error(`trial ${trial} ${JSON.stringify(args)}: ${signal || code}\n${errors}`)
    })
    const [message] = await Promise.race([once(child, 'message'), failed])
    return message
  }

  await answer()
  return {
    slice () {
      child.send('slice')
      return answer()
    },

    stop () {
      if (child.connected) child.disconnect()
      return exited
    }
  }
}

/** The mean, field by field, of numbers or of objects of numbers. What is not a number is that of the first. */
function mean (values) {
  const [first] = values
  if (typeof first === 'number') return values.reduce((sum, value) => sum + value, 0) / values.length
  if (first === null || typeof first !== 'object') return first
  return Object.fromEntries(Object.keys(first).map((key) => [key, mean(values.map((value) => value[key]))]))
}

module.exports = { contestants, interleave, oneByOne, tabulate }
