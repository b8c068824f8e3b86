'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { needsBinary } = require('../helpers/binary')

if (needsBinary.skip) return test('kill -9', needsBinary)

const { killAtRandom } = require('../crash/kill')

// `npm run test:crash` does the same 200 times.
test('kill -9 at random moments loses nothing that was answered', async () => {
  const { kills, answers, problems } = await killAtRandom(5, 60_000)
  assert.deepEqual(problems, [])
  assert.equal(kills, 5)
  assert.ok(answers > 0)
})
