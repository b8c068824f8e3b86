'use strict'

/*
 *   node benchmark/run.js [groups] [--quick] [--rounds N] [--node 24] [--others 22,26,20] [--against CHECKOUT] [--report]
 *
 * Compares this package with express-session on its MemoryStore and on memorystore. Prints tables; writes
 * benchmark/results/*.json, and from them the pages docs/benchmark*.md and their plots. A group that does not
 * run keeps the results it has there.
 *
 *   groups      middleware primitives apps redis redis-store sizes, the default;
 *               sqlite-requests sqlite-apps sqlite-writes sqlite-stalls sqlite-file, together: sqlite;
 *               full expiry scale shared flood flood-bytes, together: store
 *   --quick     one round, and a tenth of the store's sessions; writes nothing
 *   --rounds    of each group, instead of its own number
 *   --node      the Node of the measured processes: a version, which comes from npm, or a path
 *   --others    other Nodes on which the group apps measures Express 5
 *   --against   measures before and after: this checkout against another one, which must be built, in the same
 *               rounds (middleware apps sizes full); writes nothing
 *   --report    measures nothing; writes the pages anew from the results
 *   --ten-million   `scale` with 10,000,000 sessions: takes 4 GB and some minutes
 */

const path = require('node:path')
const { parseArgs } = require('node:util')
const { measureAgainst } = require('./lib/against')
const { describeMachine, goalsTable, readResults, writePage, writeResults } = require('./lib/report/page')
const { nodeOf } = require('./lib/nodes')
const { markdown } = require('./lib/report/text')

const PAGES = {
  benchmark: Object.fromEntries(['middleware', 'primitives', 'apps', 'redis', 'redis-store', 'sizes'].map((name) => [name, require(`./lib/groups/${name}`)])),
  'benchmark-store': require('./lib/groups/store'),
  'benchmark-sqlite': require('./lib/groups/sqlite')
}
const PACKAGES = {
  benchmark: ['express-session', 'memorystore', 'express', 'express4', 'connect-redis', 'cookie-signature', 'uid-safe'],
  'benchmark-store': ['express-session', 'memorystore'],
  'benchmark-sqlite': ['express-session', 'express']
}
/** Names for all groups of a page. */
const TOGETHER = { store: 'benchmark-store', sqlite: 'benchmark-sqlite' }

async function main () {
  const { values: options, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      node: { type: 'string', default: '24' },
      others: { type: 'string', default: '22,26,20' },
      against: { type: 'string' },
      report: { type: 'boolean', default: false },
      'ten-million': { type: 'boolean', default: false }
    }
  })
  if (options.report) return Object.keys(PAGES).forEach((page) => report(page))

  const node = nodeOf(options.node)
  for (const [page, name] of chosen(positionals)) {
    const group = PAGES[page][name]
    const run = {
      rounds: Number(options.rounds || (options.quick ? 1 : group.rounds)),
      slices: options.quick ? 4 : group.slices,
      node,
      others: name === 'apps' && !options.quick ? options.others.split(',').map(nodeOf) : [],
      against: options.against && path.resolve(options.against),
      minutes: options.quick ? 0.1 : 10,
      million: options.quick ? 100_000 : 1_000_000,
      tenMillion: options['ten-million'],
      progress: progressOf(name)
    }

    if (run.against) {
      if (!group.against) throw new Error(`--against does not go with the group ${name}`)
      print(name, { against: await measureAgainst(run, group.against) })
      continue
    }
    const result = await group.measure(run)
    if (result === undefined) {
      console.log(`\n${name}: skipped, because something it needs is not installed\n`)
      continue
    }
    print(name, result.tables)
    console.log(goalsTable(PAGES[page], { [name]: result }))
    if (options.quick) continue
    writeResults(page, { ...readResults(page), [name]: { machine: describeMachine(run.node), ...result } }, PACKAGES[page])
    report(page)
  }
}

/** Pairs of page and group. */
function chosen (names) {
  const all = Object.entries(PAGES).flatMap(([page, groups]) => Object.keys(groups).map((name) => [page, name]))
  if (names.length === 0) return all.filter(([page]) => page === 'benchmark')
  const known = [...all.map(([, name]) => name), ...Object.keys(TOGETHER)]
  for (const name of names) {
    if (!known.includes(name)) throw new RangeError(`no group is called ${name}; there are: ${known.join(', ')}`)
  }
  return all.filter(([page, name]) => names.includes(name) || names.some((one) => TOGETHER[one] === page))
}

function report (page) {
  const results = readResults(page)
  if (Object.keys(results).length > 0) writePage(page, PAGES[page], results)
}

function print (name, tables) {
  for (const [table, cells] of Object.entries(tables)) console.log(`\n## ${name}, ${table}\n\n${markdown(cells)}\n`)
}

/** Says what is being measured; on one line where the output is a terminal. */
function progressOf (name) {
  const begin = Date.now()
  const [before, after] = process.stderr.isTTY ? ['\r\x1b[K', ''] : ['', '\n']
  return (text) => process.stderr.write(`${before}${name}: ${text} (${Math.round((Date.now() - begin) / 1000)} s)${after}`)
}

main()
