'use strict'

const assert = require('node:assert')
const lib = require('./harness/lib')
const { collect, test } = require('./harness/write')
const { difference } = require('./harness/compare')
const { run } = require('./harness/world')
const { MUTANTS, load } = require('./harness/mutants')
const { scenario } = require('./generate')

// Does this suite notice anything? express-session is broken in many ways, one at a time, and stands
// in for ours: a scenario has to differ.

const seed = Number(process.env.DIFF_SEED || 20260101)
const scenarios = Array.from({ length: 400 }, (_, i) => scenario(seed, i)).concat(
  collect(() => {
    require('./contract.test')
    require('./options.test')
    require('./response.test')
  })
)

const wanted = new Map()
async function want (s) {
  if (!wanted.has(s)) wanted.set(s, await run(lib.upstream, s, lib.upstream))
  return wanted.get(s)
}

for (const mutant of MUTANTS) {
  test(`a mutant is caught: ${mutant[0]}`, async (t) => {
    const subject = load(mutant)
    const about = mutant[4] ? scenarios.filter((s) => s.name.includes(mutant[4])) : []
    for (const s of [...about, ...scenarios]) {
      if (difference(await want(s), await run(subject, s, lib.upstream)) === undefined) continue
      t.diagnostic(`by: ${s.name}`)
      return
    }
    assert.fail('nothing noticed')
  })
}

test('upstream does not differ from itself', async () => {
  for (const s of scenarios.slice(0, 100)) { assert.strictEqual(difference(await want(s), await run(lib.upstream, s, lib.upstream)), undefined) }
})
