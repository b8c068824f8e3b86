'use strict'

/*
 *   node benchmark/store.js [--only full,expiry,size,flood,flood-bytes] [--ten-million] [--quick]
 *
 * The store against express-session's MemoryStore and memorystore: memory, pauses, stalls, floods. Prints
 * tables and writes docs/benchmark-store.md, .json and docs/benchmark-store-*.svg; what did not run keeps
 * the results that it has there. --ten-million: the part `size` with 10,000,000 sessions, which takes 4 GB
 * and some minutes. With --quick everything is a tenth, and nothing is written.
 */

const store = require('./lib/groups/store')
const { readOptions } = require('./lib/options')
const { progress } = require('./lib/progress')
const { describeMachine, versionsOf } = require('./lib/report/machine')
const { charts, sections, storeGoals } = require('./lib/report/store')
const { read, write } = require('./lib/report/write')
const { comeFirst } = require('./lib/stalls')

const GROUPS = ['full', 'expiry', 'size', 'flood', 'flood-bytes']

async function main () {
  comeFirst()
  const options = readOptions(GROUPS, ['ten-million'])
  const { only, quick } = options
  const million = quick ? 100_000 : 1_000_000
  const rounds = quick ? 1 : 3
  const results = {}

  for (const name of only) {
    const common = { rounds, count: million, progress: progress(name) }
    if (name === 'full') results.full = await store.full(common)
    if (name === 'expiry') results.expiry = await store.expiry(common)
    if (name === 'size') {
      const most = options['ten-million'] ? 10 * million : million
      results.size = await store.size({ ...common, counts: [10_000, most] })
    }
    if (name === 'flood') results.flood = await store.flood({ ...common, typing: [2000, 10_000] })
    if (name === 'flood-bytes') results.floodBytes = await store.floodBytes({ ...common, count: 10 * million })
  }

  console.log(`\n${sections(results).join('\n\n')}\n\n${storeGoals(results)}\n`)
  if (!quick) save(results)
}

function save (results) {
  const before = read('benchmark-store.json')
  const all = { ...before.results, ...results }
  const machine = describeMachine()
  const versions = versionsOf(['express-session', 'memorystore'])

  write('benchmark-store.json', JSON.stringify({ machine, versions, results: all }, null, 2) + '\n')
  const pictures = Object.entries(charts(all)).filter(([, chart]) => chart)
  for (const [name, chart] of pictures) write(`benchmark-store-${name}.svg`, chart)
  write('benchmark-store.md', page(all, machine, versions, pictures.map(([name]) => name)))
}

function page (results, { date, node, platform, cpu, cores, memory, load }, versions, pictures) {
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(' and ')

  return `# Benchmarks of the store

Made by \`npm run bench:store -- --ten-million\`; the numbers are in [benchmark-store.json](benchmark-store.json). Against
${list}. Every figure comes from processes of its own. The session: \`{ cookie, user: { id, name, roles: [2] }, views, csrf }\`,
238 bytes of JSON, and an id of 32 characters.

*${date}, Node ${node}, ${platform}, ${cores} cores (${cpu}), ${memory}, load average ${load} when it ended.*

${pictures.map((name) => `![](benchmark-store-${name}.svg)`).join('\n')}

## Goals

${storeGoals(results)}

${sections(results).join('\n\n')}
`
}

main()
