'use strict'

/*
 * The pages in docs. Their text is written by hand; what stands between `<!-- name -->` and `<!-- end -->` is
 * made from the results of the groups: `<!-- group.table -->`, `<!-- group.origin -->`, `<!-- goals -->` …
 */

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { execFileSync } = require('node:child_process')
const { goalsTable, times } = require('./text')

const ROOT = path.join(__dirname, '../../..')
const DOCS = path.join(ROOT, 'docs')
const RESULTS = path.join(ROOT, 'benchmark/results')

/** The results that a page shows, by group. */
function readResults (page) {
  const file = path.join(RESULTS, `${page}.json`)
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')).results : {}
}

function writeResults (page, results, versions) {
  fs.writeFileSync(path.join(RESULTS, `${page}.json`), JSON.stringify({ versions, results }, null, 2) + '\n')
}

/** Writes the page's blocks and plots anew. */
function writePage (page, groups, results, versions) {
  const measured = Object.keys(groups).filter((name) => results[name])
  const of = (method) => measured.flatMap((name) => groups[name][method] ? groups[name][method](results[name], results) : [])

  const blocks = {
    versions: 'Compared with ' + Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(', ') + '.',
    goals: goalsTable(of('goals')),
    slower: slower(of('comparisons'))
  }
  for (const name of measured) {
    for (const [table, text] of Object.entries(groups[name].tables(results[name]))) blocks[`${name}.${table}`] = text
    blocks[`${name}.origin`] = origin(results[name].machine)
  }
  writeBlocks(page, blocks)
  for (const charts of of('charts')) {
    for (const [name, svg] of Object.entries(charts)) fs.writeFileSync(path.join(DOCS, `benchmark-${name}.svg`), svg)
  }
}

/** Replaces blocks of a page; one without a text stays as it is. */
function writeBlocks (page, blocks) {
  const file = path.join(DOCS, `${page}.md`)
  const unused = new Set(Object.keys(blocks))
  const text = fs.readFileSync(file, 'utf8').replace(/<!-- (\S+) -->\n[^]*?<!-- end -->/g, (block, name) => {
    unused.delete(name)
    return blocks[name] === undefined ? block : `<!-- ${name} -->\n\n${blocks[name]}\n\n<!-- end -->`
  })
  fs.writeFileSync(file, text)
  return unused
}

function slower (comparisons) {
  const list = comparisons.filter(([, { median }]) => median < 1).map(([what, spread]) => `- ${what}: ${times(spread)}`)
  return list.length === 0
    ? 'This package is slower than express-session in none of these comparisons.'
    : `This package is slower than express-session in:\n\n${list.join('\n')}`
}

function origin ({ date, node, platform, cores, cpu, memory, load }) {
  return `*${date}, Node ${node}, ${platform}, ${cores} cores (${cpu}), ${memory}, load average ${load} at the end.*`
}

/** This machine and the Node that was measured. */
function describeMachine (node) {
  const cpus = os.cpus()
  return {
    date: new Date().toISOString().slice(0, 10),
    node: execFileSync(node, ['--version'], { encoding: 'utf8' }).trim(),
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus.length === 0 ? 'unknown' : cpus[0].model.trim(),
    cores: cpus.length,
    memory: `${Math.round(os.totalmem() / 2 ** 30)} GiB`,
    load: +os.loadavg()[0].toFixed(1)
  }
}

/** Versions of packages, as they are installed. */
function versionsOf (names) {
  return Object.fromEntries(names.map((name) => {
    const file = path.join(ROOT, 'node_modules', name, 'package.json')
    return [name, JSON.parse(fs.readFileSync(file, 'utf8')).version]
  }))
}

module.exports = { describeMachine, origin, readResults, versionsOf, writeBlocks, writePage, writeResults }
