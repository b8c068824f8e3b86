'use strict'

/*
 *   npm run guard [-- --update]
 *
 * Counts the instructions and allocations of fixed work in the addon (lib/counted.js) and compares them with those of
 * guard.json, which --update writes. A count that differs by more than 3 % is a failure, also where it is less: a gain is
 * to be kept. The counts belong to one compiler, one valgrind and one platform. With others the guard is skipped.
 */

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { count, valgrindVersion } = require('./lib/callgrind')
const { PARTS } = require('./lib/counted')
const { markdown } = require('./lib/report/text')

const FILE = path.join(__dirname, 'guard.json')
const TOLERANCE = 0.03
/** Allocations: tables grow at sizes that depend on the ids, which are random. */
const HALF_AN_ALLOCATION = 0.5

function main () {
  const valgrind = valgrindVersion()
  if (valgrind === undefined) return skip('valgrind is not installed')
  const made = { valgrind, rustc: execFileSync('rustc', ['--version'], { encoding: 'utf8' }).trim(), platform: `${process.platform} ${process.arch}` }
  const update = process.argv.includes('--update')
  const kept = update && !fs.existsSync(FILE) ? { counts: {} } : JSON.parse(fs.readFileSync(FILE, 'utf8'))
  const other = Object.keys(made).find((what) => made[what] !== kept[what])
  if (!update && other !== undefined) return skip(`${made[other]}, and guard.json is of ${kept[other]}`)

  const parts = count(['--jitless', require.resolve('./lib/counted')])
  // Between two marks there is one part; before it, what prepares it.
  const counts = Object.fromEntries(PARTS.map(({ name, calls }, at) => {
    const { instructions, allocations } = parts[2 * at + 1]
    return [name, [Math.round(instructions / calls), +(allocations / calls).toFixed(2)]]
  }))
  const failed = PARTS.filter(({ name }) => !isSame(counts[name], kept.counts[name]))
  console.log(markdown(Object.fromEntries(PARTS.map(({ name }) => [name, row(counts[name], kept.counts[name])]))))

  if (update) {
    fs.writeFileSync(FILE, JSON.stringify({ ...made, counts }, null, 2).replace(/\[\s+(\S+)\s+(\S+)\s+\]/g, '[$1 $2]') + '\n')
    return
  }
  if (failed.length > 0) console.log(`\nmore than 3 % or half an allocation off: ${failed.map(({ name }) => name).join('; ')}\nWhere that is meant: npm run guard -- --update`)
  end(PARTS.length - failed.length, failed.length)
}

function isSame (counts, known) {
  if (known === undefined) return false
  const [instructions, allocations] = counts.map((value, at) => Math.abs(value - known[at]))
  return instructions <= known[0] * TOLERANCE && allocations < HALF_AN_ALLOCATION
}

function row ([instructions, allocations], [knownInstructions, knownAllocations] = []) {
  return { instructions, 'guard.json': knownInstructions ?? null, allocations, 'guard.json ': knownAllocations ?? null }
}

function skip (why) {
  console.log(`skipped: ${why}`)
  console.log('0 passed, 0 failed, 1 skipped')
}

function end (passed, failed) {
  console.log(`${passed} passed, ${failed} failed`)
  if (failed > 0) process.exitCode = 1
}

main()
