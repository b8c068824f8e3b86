'use strict'

/*
 * Compares scenarios in a process of its own: node:test follows every promise of the process that it runs in, which costs
 * a fifth of the time of a scenario.
 */

const assert = require('node:assert')
const { fork } = require('node:child_process')
const { same } = require('./compare')

if (process.env.COMPARES_APART) answerParent()

let child
const waiting = []

/** `compare.same`, in the other process. */
function sameApart (scenario) {
  if (child === undefined) start()
  child.channel.ref()
  return new Promise((resolve, reject) => {
    waiting.push({ resolve, reject })
    child.send(scenario)
  })
}

function start () {
  const env = { ...process.env, COMPARES_APART: '1' }
  delete env.NODE_TEST_CONTEXT
  child = fork(__filename, { env, serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  child.unref()
  child.on('message', ({ difference }) => settle(({ resolve, reject }) => {
    if (difference === undefined) resolve()
    else reject(new assert.AssertionError({ message: difference }))
  }))
  child.on('exit', (status, signal) => {
    while (waiting.length > 0) settle(({ reject }) => reject(new Error(`the process that compares has ended (${signal || status})`)))
  })
}

function settle (how) {
  how(waiting.shift())
  if (waiting.length === 0 && child.channel) child.channel.unref()
}

function answerParent () {
  process.on('disconnect', () => process.exit())
  let last = Promise.resolve()
  process.on('message', (scenario) => {
    last = last.then(() => same(scenario)).then(() => process.send({}), (err) => process.send({ difference: err.message }))
  })
}

module.exports = { sameApart }
