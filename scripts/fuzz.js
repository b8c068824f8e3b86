'use strict'

/*
 *   node scripts/fuzz.js [--seconds N] [target …]
 *
 * Runs the fuzz targets of fuzz/ with cargo-fuzz, each for N seconds (120 by default), and each with what it
 * has found before. The last line is `N passed, N failed`. An input that fails is kept in fuzz/artifacts/.
 */

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { parseArgs } = require('node:util')
const { ROOT, conclude } = require('./run-program')

const TARGETS = fs.readdirSync(path.join(ROOT, 'fuzz/fuzz_targets')).map(file => path.basename(file, '.rs'))
// Without a sanitizer the stable compiler does. The engine's code has no `unsafe` that one would watch.
const OPTIONS = ['--sanitizer', 'none']
/** Bytes of an input: more only makes it slower. */
const MAX_LEN = 384
/** Seconds for one input. */
const SLOW = 10

function cargoFuzz (...args) {
  return spawnSync('cargo', ['fuzz', ...args], { cwd: ROOT, stdio: 'inherit' }).status === 0
}

function fuzz (target, seconds) {
  const dictionary = `fuzz/${target}.dict`
  const limits = [`-max_total_time=${seconds}`, `-max_len=${MAX_LEN}`, `-timeout=${SLOW}`, '-len_control=0', '-verbosity=0', '-print_final_stats=1']
  const words = fs.existsSync(path.join(ROOT, dictionary)) ? [`-dict=${dictionary}`] : []
  console.log(`\n> fuzzing: ${target}, ${seconds} s`)
  return cargoFuzz('run', ...OPTIONS, target, '--', ...limits, ...words)
}

function main () {
  const { values, positionals } = parseArgs({ options: { seconds: { type: 'string', default: '120' } }, allowPositionals: true })
  const seconds = Number(values.seconds)
  if (!Number.isInteger(seconds) || seconds < 1) throw new Error(`--seconds must be a whole number above 0, not ${values.seconds}`)
  const unknown = positionals.find(target => !TARGETS.includes(target))
  if (unknown !== undefined) throw new Error(`there is no target ${unknown}; the targets are ${TARGETS.join(', ')}`)
  if (spawnSync('cargo', ['fuzz', '--version']).status !== 0) {
    throw new Error('cargo-fuzz is missing: cargo install cargo-fuzz --locked')
  }
  const targets = positionals.length > 0 ? positionals : TARGETS
  if (!cargoFuzz('build', ...OPTIONS)) throw new Error('the targets do not compile')
  const failed = targets.filter(target => !fuzz(target, seconds))
  for (const target of failed) console.error(`${target} failed`)
  return { passed: targets.length - failed.length, failed: failed.length, skipped: 0 }
}

try {
  conclude(main())
} catch (error) {
  console.error(error.message)
  conclude({ passed: 0, failed: 1, skipped: 0 })
}
