'use strict'

/*
 *   npm run bench:engine [-- --report]
 *
 * The engine's table against plain dashmap, moka and quick_cache: criterion, one thread. Runs
 * `cargo bench` in benchmark/engine and writes docs/benchmark-engine.md. --report: from what the last run left.
 */

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { readOptions } = require('./lib/options')
const { describeMachine } = require('./lib/report/machine')
const { cell, table } = require('./lib/report/table')
const { write } = require('./lib/report/write')

const ENGINE = path.join(__dirname, 'engine')
const RESULTS = path.join(ENGINE, 'target/criterion')
const WORK = ['get', 'set', 'touch', 'create', 'destroy']
const SIZES = ['10000', '1000000']

/** Nanoseconds for one call, criterion's median, by the name of the table. */
function results (size, work) {
  return Object.fromEntries(fs.readdirSync(path.join(RESULTS, size))
    .filter((name) => name.startsWith(`${work}_`))
    .map((name) => {
      const file = path.join(RESULTS, size, name, 'new/estimates.json')
      return [name.slice(work.length + 1).replace('_ ', ', '), JSON.parse(fs.readFileSync(file, 'utf8')).median.point_estimate]
    }))
}

function main () {
  const { report } = readOptions([], ['report'])
  if (!report) {
    const { status } = spawnSync('cargo', ['bench', '--bench', 'table'], { cwd: ENGINE, stdio: 'inherit' })
    if (status !== 0) throw new Error('cargo bench has failed')
  }

  const names = Object.keys(results(SIZES[0], WORK[0])).sort((a, b) => (b === 'ours') - (a === 'ours'))
  const rows = SIZES.flatMap((size) => WORK.map((work) => {
    const found = results(size, work)
    return [`${work}, ${Number(size).toLocaleString('en')} sessions`, ...names.map((name) => `${Math.round(found[name])} ns`),
      cell(found.ours / found.dashmap) + '×']
  }))
  const interleaved = spawnSync('cargo', ['run', '--quiet', '--release', '--example', 'ratio'], { cwd: ENGINE, encoding: 'utf8' })
  if (interleaved.status !== 0) throw new Error('the example ratio has failed')
  const { date, platform, cpu, load } = describeMachine()
  const text = `# Benchmark of the engine

Made by \`npm run bench:engine\`: one thread, an id of 32 characters and 238 bytes of JSON, medians of criterion. *ours*: as
requests call it, with the data and a template for the cookie; *ours, whole text*: as \`store.get\` and \`store.set\` call it. Ours keeps
deadlines, order of eviction and counts; dashmap is a plain map (its *touch* writes one byte into the entry), moka has one
deadline for all, quick_cache none (their *touch* is a get).

${table(['', ...names, 'ours / dashmap'], rows)}

criterion measures one table after the other, and this machine's speed drifts between them by half. The goal (get, set and touch at a
million within 1.3× of dashmap) is judged by both tables in one process in turn, \`cargo run --release --example ratio\`:

\`\`\`
${interleaved.stdout.trim()}
\`\`\`

With ten thousand sessions all of it is in the processor's caches, and what ours does besides shows: two to three times a plain map's
get and touch, 0.1 to 0.2 µs.

*${date}, ${platform}, ${cpu}, load average ${load} when it ended.*
`
  write('benchmark-engine.md', text)
  console.log(text)
}

main()
