'use strict'

/*
 * The pages in docs. Their text is written by hand; what stands between `<!-- name -->` and `<!-- end -->` is
 * made from the results of the groups: `<!-- group.table -->`, `<!-- group.origin -->`, `<!-- goals -->` …
 */

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { execFileSync } = require('node:child_process')
const { NATIVE } = require('../contestants')
const { barChart } = require('./svg')
const { grouped, markdown, print } = require('./text')

const ROOT = path.join(__dirname, '../../..')
const DOCS = path.join(ROOT, 'docs')
const RESULTS = path.join(ROOT, 'benchmark/results')

/** The results that a page shows, by group: `{ machine, note, tables }`. */
function readResults (page) {
  const file = path.join(RESULTS, `${page}.json`)
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')).results : {}
}

function writeResults (page, results, packages) {
  fs.writeFileSync(path.join(RESULTS, `${page}.json`), JSON.stringify({ versions: versionsOf(packages), results }, null, 2) + '\n')
}

/** Writes the page's blocks and plots anew. */
function writePage (page, groups, results) {
  const { versions } = JSON.parse(fs.readFileSync(path.join(RESULTS, `${page}.json`), 'utf8'))
  const blocks = {
    versions: 'Compared with ' + Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(', ') + '.',
    goals: goalsTable(groups, results),
    slower: slower(groups, results)
  }
  for (const [name, { machine, note, tables }] of Object.entries(results)) {
    for (const [table, cells] of Object.entries(tables)) blocks[`${name}.${table}`] = markdown(cells)
    blocks[`${name}.origin`] = origin(machine, note)
    for (const [chart, drawing] of Object.entries(groups[name].charts || {})) {
      fs.writeFileSync(path.join(DOCS, `benchmark-${chart}.svg`), barChart(drawing, name, results))
    }
  }
  writeBlocks(page, blocks)
}

/** Replaces blocks of a page; one without a text stays as it is. */
function writeBlocks (page, blocks) {
  const file = path.join(DOCS, `${page}.md`)
  fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace(/<!-- (\S+) -->\n[^]*?<!-- end -->/g, (block, name) => (
    blocks[name] === undefined ? block : `<!-- ${name} -->\n\n${blocks[name]}\n\n<!-- end -->`
  )))
}

const MET = { '≥': (a, b) => a >= b, '≤': (a, b) => a <= b, '<': (a, b) => a < b, '=': (a, b) => a === b, '±': (a, b) => Math.abs(a) < b }

/** A group's `goals` are `[table, column, (row) => ['≥', 10]]`; a row may have none. */
function goalsTable (groups, results) {
  const goals = Object.entries(results).flatMap(([name, { tables }]) => (groups[name].goals || []).flatMap(([table, column, goalOf]) => (
    Object.entries(tables[table] || {}).filter(([row]) => goalOf(row)).map(([row, { [column]: cell }]) => {
      const [sign, limit] = goalOf(row)
      const result = cell?.median === undefined ? 'not measured' : MET[sign](cell.median, limit) ? 'met' : 'missed'
      const goal = `${sign} ${grouped(limit)}${cell?.unit ?? ''}`
      return [[name, row, column].filter((part) => part !== NATIVE).join(': '), { goal, 'this run': print(cell), result }]
    })
  )))
  return goals.length === 0 ? 'No goals.' : markdown(Object.fromEntries(goals))
}

/** A group's `faster` are the tables and columns with ratios that should be above 1. */
function slower (groups, results) {
  const list = Object.entries(results).flatMap(([name, { tables }]) => (groups[name].faster || []).flatMap(([table, column]) => (
    Object.entries(tables[table]).filter(([, cells]) => cells[column].median < 1)
      .map(([row, cells]) => `- ${name}: ${row}, ${column}: ${print(cells[column])}`)
  )))
  return list.length === 0
    ? 'This package is slower than express-session in none of these comparisons.'
    : `This package is slower than express-session in:\n\n${list.join('\n')}`
}

function origin ({ date, node, platform, cores, cpu, memory, load }, note = '') {
  return `*${date}, Node ${node}, ${note && `${note}, `}${platform}, ${cores} cores (${cpu}), ${memory}, load average ${load} at the end.*`
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

module.exports = { describeMachine, goalsTable, origin, readResults, writeBlocks, writePage, writeResults }
