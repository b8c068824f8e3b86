'use strict'

// Runs one scenario, given as JSON, through both packages and prints what happened.
// node __test__/differential/replay.js '{"options":…}'

const lib = require('./harness/lib')
const { compare, expected, lines } = require('./harness/compare')
const { run } = require('./harness/world')

async function main () {
  const scenario = JSON.parse(process.argv[2] || process.env.DIFF_SCENARIO)
  const print = (title, record) => console.log(`--- ${title}\n${lines(record).join('\n')}\n`)
  print('express-session', await expected(scenario, { deviations: false }))
  print('express-session, with the deviations', await expected(scenario))
  print(lib.subject, await run(lib.ours, scenario, lib.upstream))
  console.log((await compare(scenario)) || 'no difference')
}

main()
