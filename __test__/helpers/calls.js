'use strict'

const assert = require('node:assert/strict')

/** How long a client waits for an answer; only a test that fails ever waits so long. */
const patience = () => impatient ? 200 : 8000
let impatient = false

/** Runs a test that is expected to fail: nothing is waited for long. */
async function impatiently (run) {
  impatient = true
  try {
    await run()
  } finally {
    impatient = false
  }
}

/** Calls a store's method and waits for its callback; rejects with its error. */
function ask (store, method, ...args) {
  return new Promise((resolve, reject) => {
    store[method](...args, (err, value) => err ? reject(err) : resolve(value))
  })
}

/** The arguments of each call of the callback of `store[method](...args)`, after every answer had its time. */
async function answers (store, method, ...args) {
  const calls = []
  store[method](...args, (...given) => calls.push(given))
  await until(() => calls.length > 0)
  await turns()
  return calls
}

/** Lets the event loop go round a few times. */
async function turns (count = 5) {
  for (let i = 0; i < count; i++) await new Promise(setImmediate)
}

/** Waits for what happens in another thread or process; only a test that fails waits to the end. */
async function until (condition, time = patience()) {
  const real = process.hrtime.bigint()
  while (!await condition()) {
    assert.ok(process.hrtime.bigint() - real < BigInt(time) * 1000000n, `waited in vain for ${condition}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

/** What an async iterator yields. */
async function toArray (iterator) {
  const all = []
  for await (const item of iterator) all.push(item)
  return all
}

module.exports = { answers, ask, impatiently, patience, toArray, turns, until }
