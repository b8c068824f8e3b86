'use strict'

/*
 *   npm run bench:engine [-- --report]
 *
 * The engine's table compared with plain dashmap, moka and quick_cache: criterion, one thread. Runs `cargo bench` in
 * benchmark/engine and writes docs/benchmark-engine.md. --report: from what the last `cargo bench` left.
 */

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { describeMachine, origin, writeBlocks } = require('./lib/report/page')
const { grouped, markdown } = require('./lib/report/text')

const ENGINE = path.join(__dirname, 'engine')
const CRITERION = path.join(ENGINE, 'target/criterion')
const WORK = ['get', 'set', 'touch', 'create', 'destroy']
const SIZES = ['10000', '1000000']

/** Nanoseconds per call, criterion's median, by the name of the table. */
function results (size, work) {
  return Object.fromEntries(fs.readdirSync(path.join(CRITERION, size)).filter((name) => name.startsWith(`${work}_`)).map((name) => {
    const estimates = fs.readFileSync(path.join(CRITERION, size, name, 'new/estimates.json'), 'utf8')
    return [name.slice(work.length + 1).replace('_ ', ', '), JSON.parse(estimates).median.point_estimate]
  }))
}

function cargo (args, stdio) {
  const { status, stdout } = spawnSync('cargo', args, { cwd: ENGINE, stdio, encoding: 'utf8' })
  if (status !== 0) throw new Error(`cargo ${args.join(' ')} failed`)
  return stdout
}

function main () {
  if (!process.argv.includes('--report')) cargo(['bench', '--bench', 'table'], 'inherit')

  const names = Object.keys(results(SIZES[0], WORK[0])).sort((a, b) => (b === 'ours') - (a === 'ours'))
  const table = {}
  for (const size of SIZES) {
    for (const work of WORK) {
      const found = results(size, work)
      table[`${work}, ${grouped(Number(size))} sessions`] = {
        ...Object.fromEntries(names.map((name) => [name, `${Math.round(found[name])} ns`])),
        'ours / dashmap': { unit: '×', median: found.ours / found.dashmap }
      }
    }
  }
  const blocks = {
    criterion: markdown(table),
    interleaved: '```\n' + cargo(['run', '--quiet', '--release', '--example', 'ratio'], 'pipe').trim() + '\n```',
    origin: origin(describeMachine(process.execPath))
  }
  writeBlocks('benchmark-engine', blocks)
  console.log(Object.values(blocks).join('\n\n'))
}

main()
