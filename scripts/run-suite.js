'use strict'

/*
 *   node scripts/run-suite.js <suite> [--fallback] [argument …]
 *
 * `--fallback` runs the suite on a copy of the checkout that has no binary, so on the plain engine.
 * Runs one suite; every `npm run test:*` is this. The last line is `N passed, N failed`, with
 * `, N skipped` where some were. The exit code is 1 when a test failed or the suite did not end well.
 */

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { add, conclude, counted, readTotal, ROOT, runProgram } = require('./run-program')

// Node's own choice is one file at a time on two cores. Twice as many as cores: some tests wait.
const FILES_AT_ONCE = `--test-concurrency=${2 * Math.max(2, os.availableParallelism())}`
// A test that waits for what never comes fails by itself. Node 18 has no such option.
const HAS_TEST_TIMEOUT = Number(process.versions.node.split('.')[0]) >= 20
const FALLBACK = '--fallback'
const NOT_COPIED = /^(\.git|node_modules|target|\.servers)$|\.node$/

/** Each takes the arguments and resolves to { passed, failed, skipped }. */
const SUITES = {
  rust: (args) => runProgram('cargo', ['test', '--no-default-features', ...args], readCargo),
  engines: (args) => runFolder('engines', args),
  unit: (args) => runFolder('unit', args),
  differential: (args) => runFolder('differential', args, 300_000),
  types: (args) => runFolder('types', args, 600_000),
  package: (args) => runFolder('install/quick', args),
  install: (args) => runFolder('install/apps', args, 600_000),
  browser: (args) => runFolder('browser', args),
  bundlers: (args) => runFolder('bundlers', args, 480_000),
  runtimes: (args) => runFolder('runtimes', args, 480_000),
  runners: (args) => runFolder('runners', args, 300_000),
  upstream: (args) => require('../__test__/upstream/suite')(args),
  stores: async (args) => {
    const counts = await require('../__test__/stores/suite')(args)
    return args.length > 0 ? counts : add(counts, await runFolder('stores', args))
  },
  redis: (args) => {
    require('../__test__/redis/install')()
    return runFolder('redis', args, 300_000)
  },
  'connect-redis': (args) => require('../__test__/connect-redis/suite')(args),
  crash: (args) => require('../__test__/crash/suite')(args),
  soak: (args) => require('../__test__/soak/suite')(args),
  nodes: (args) => require('../__test__/nodes/suite')(args)
}

/** Runs every *.test.js below a folder of __test__ with Node's test runner. */
function runFolder (name, args, testTimeout = 120_000) {
  const files = testFiles(path.join('__test__', name))
  const timeout = HAS_TEST_TIMEOUT ? [`--test-timeout=${testTimeout}`] : []
  return runProgram(process.execPath, ['--test', '--test-reporter=spec', FILES_AT_ONCE, ...timeout, ...args, ...files], readNodeTest)
}

function testFiles (folder) {
  return fs.readdirSync(path.join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : testFiles(file)
    return entry.name.endsWith('.test.js') ? [file] : []
  }).sort()
}

/** The summary at the end of `node --test`. */
function readNodeTest (lines) {
  const count = (word) => {
    const found = lines.map((line) => new RegExp(`^\\S ${word} (\\d+)$`).exec(line)).filter(Boolean).pop()
    return found ? Number(found[1]) : null
  }
  if (count('pass') === null) return null
  return { passed: count('pass'), failed: count('fail') + count('cancelled'), skipped: count('skipped') + count('todo') }
}

/** The sum of the `test result:` lines, one for each binary that `cargo test` runs. */
function readCargo (lines) {
  const found = lines.map((line) => /^test result: .* (\d+) passed; (\d+) failed; (\d+) ignored/.exec(line)).filter(Boolean)
  return found.length === 0 ? null : found.map(counted).reduce(add)
}

/** Runs a suite as where no binary was installed. */
async function runWithoutBinary (name, args) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'without-binary-'))
  try {
    for (const entry of fs.readdirSync(ROOT).filter(entry => !NOT_COPIED.test(entry))) {
      fs.cpSync(path.join(ROOT, entry), path.join(folder, entry), { recursive: true, filter: (from) => !NOT_COPIED.test(path.basename(from)) })
    }
    fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'), 'junction')
    if (require(folder).native) throw new Error('the copy without a binary has found one')
    // From here, where a path among the arguments begins.
    const script = path.join(folder, path.relative(ROOT, __filename))
    return await runProgram(process.execPath, [script, name, ...args], readTotal, { cwd: process.cwd() })
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

async function runSuite (name, args = []) {
  try {
    if (!Object.hasOwn(SUITES, name)) throw new Error(`usage: node scripts/run-suite.js <${Object.keys(SUITES).join('|')}> [--fallback] [argument …]`)
    if (args.includes(FALLBACK)) return await runWithoutBinary(name, args.filter(arg => arg !== FALLBACK))
    return await SUITES[name](args)
  } catch (error) {
    console.error(error.message)
    return { passed: 0, failed: 1, skipped: 0 }
  }
}

module.exports = { runSuite }

if (require.main === module) {
  const [name, ...args] = process.argv.slice(2)
  runSuite(name, args).then(conclude)
}
