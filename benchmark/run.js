'use strict'

/*
 *   node benchmark/run.js [--only middleware,primitives,apps,redis,sizes] [--quick]
 *
 * Compares this package with express-session on its MemoryStore and on memorystore. Prints tables and
 * writes docs/benchmark.md, docs/benchmark.json and docs/benchmark-*.svg; groups that did not run keep
 * the results that they have there. With --quick nothing is written.
 */

const { readOptions } = require('./lib/options')
const { progress } = require('./lib/progress')
const { CHARTS, SECTIONS } = require('./lib/report/bench')
const { goalsOf, goalsTable, slowerThan } = require('./lib/report/goals')
const { describeMachine, versionsOf } = require('./lib/report/machine')
const { times } = require('./lib/report/table')
const { read, write } = require('./lib/report/write')

const GROUPS = ['middleware', 'primitives', 'apps', 'redis', 'sizes']
const ROUNDS = { middleware: 9, primitives: 5, apps: 5, redis: 5, sizes: 3 }
const SLICES = { middleware: 8, primitives: 8, apps: 8, redis: 8, sizes: 5 }
const PACKAGES = ['express-session', 'memorystore', 'express', 'express4', 'connect-redis', 'cookie-signature', 'uid-safe']

async function main () {
  const { only, quick } = readOptions(GROUPS)
  const begin = Date.now()
  const results = {}

  for (const name of only) {
    const group = require(`./lib/groups/${name}`)
    results[name] = await group.run({
      rounds: quick ? 1 : ROUNDS[name],
      slices: quick ? 4 : SLICES[name],
      progress: progress(name)
    })
    console.log(`\n${SECTIONS[name](results[name])}\n`)
    if (!quick) save(results)
  }

  console.log(`\n${goalsTable(goalsOf(results))}\n`)
  console.log(`took ${Math.round((Date.now() - begin) / 1000)} s${quick ? '' : '; written to docs/benchmark.md'}`)
}

function save (results) {
  const machine = describeMachine()
  const before = read('benchmark.json').results || {}
  const stamped = Object.fromEntries(Object.entries(results).map(([name, result]) => [name, { machine, ...result }]))
  const all = { ...before, ...stamped }
  const versions = versionsOf(PACKAGES)

  write('benchmark.json', JSON.stringify({ versions, results: all }, null, 2) + '\n')
  for (const [name, chart] of Object.entries(CHARTS)) {
    if (all[name]) write(`benchmark-${name}.svg`, chart(all[name]))
  }
  write('benchmark.md', page(all, versions))
}

function page (results, versions) {
  const sections = GROUPS.filter((name) => results[name]).map((name) => {
    const picture = CHARTS[name] ? `\n\n![](benchmark-${name}.svg)` : ''
    return `${SECTIONS[name](results[name])}${picture}\n\n${origin(results[name].machine)}`
  })
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(', ')

  return `# Benchmarks

Made by \`npm run bench\`; the numbers are in [benchmark.json](benchmark.json). Against ${list}.

Contestants are measured in turns, a slice of 30 ms of CPU time (apps: 300 requests) each, every one in a process of its own,
and new processes in every round. Times are CPU time of the process with all its threads (\`process.cpuUsage\`). Of a
time, trust the ratios: all contestants of a row ran side by side.

The session: \`{ cookie, user: { id, name, roles: [2] }, views, csrf }\`, 238 bytes of JSON. \`resave: false\`,
\`saveUninitialized: false\`, a cookie with \`maxAge\`. *anonymous*: no cookie, nothing saved; *login*: a new session is
filled, saved, and its cookie sent; *read*: loaded and touched; *write*: loaded, changed, saved, the cookie sent; *forged*:
a cookie with a wrong signature. Ten requests are in flight, so that those which wait for a store share a turn of the
event loop; one at a time, express-session takes up to a tenth more. Stores are emptied between the slices of *login*, unmeasured.

## Goals

${goalsTable(goalsOf(results))}

${slower(results)}

${sections.join('\n\n')}
`
}

function slower (results) {
  const list = slowerThan(results)
  if (list.length === 0) return 'Where this package is slower than express-session: in none of these comparisons.'
  return `This package is slower in:\n\n${list.map(([what, spread]) => `- ${what}: ${times(spread)}`).join('\n')}`
}

function origin ({ date, node, cpu, cores, platform, load }) {
  return `*${date}, Node ${node}, ${platform}, ${cores} cores (${cpu}), load average ${load} when it ended.*`
}

main()
