'use strict'

const test = require('node:test')
const { same } = require('./harness/compare')
const { scenario } = require('./generate')

// DIFF_SEED and DIFF_COUNT run others than those that everybody runs.
const seed = Number(process.env.DIFF_SEED || 20260101)
const count = Number(process.env.DIFF_COUNT || 400)
const from = Number(process.env.DIFF_FROM || 0)

console.log(`differential: ${count} generated scenarios, DIFF_SEED=${seed}`)

for (let i = from; i < from + count; i++) {
  test(`generated ${i}`, () => same(scenario(seed, i)))
}
