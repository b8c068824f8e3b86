'use strict'

/*
 * `npm test`: installs and builds what is missing, then runs every test that needs no server.
 * The last line is the sum of all of them; the exit code is 1 when one failed.
 */

const { spawn } = require('node:child_process')
const path = require('node:path')
const { show } = require('./child')
const { add, format, judge, readCargo, readTotal } = require('./counts')
const { ROOT, prepare, say } = require('./prepare')

const TIME_LIMIT = 10 * 60 * 1000
const RUN_TESTS = path.join(__dirname, 'run-tests.js')
const folder = (name) => [process.execPath, RUN_TESTS, path.join('__test__', name)]

const SUITES = [
  { name: 'engine, in Rust', command: ['cargo', 'test', '--no-default-features'], read: readCargo },
  { name: 'unit', command: folder('unit'), read: readTotal },
  { name: 'differential', command: folder('differential'), read: readTotal },
  { name: 'types', command: folder('types'), read: readTotal },
  { name: 'package', command: folder('install/quick'), read: readTotal }
]

// The engine's tests compile while npm downloads and the addon is built: a third less to wait for.
function compileEngineTests () {
  const cargo = spawn('cargo', ['test', '--no-default-features', '--no-run', '--quiet'], { cwd: ROOT, stdio: 'ignore' })
  cargo.on('error', () => {}) // prepare() says that there is no cargo, `cargo test` what does not compile
  cargo.unref()
  return cargo
}

async function main () {
  const compiling = compileEngineTests()
  let total = { passed: 0, failed: 0, skipped: 0 }
  const summary = []
  try {
    prepare()
  } catch (error) {
    compiling.kill()
    console.error(`\n${error.message}`)
    console.log(format({ ...total, failed: 1 }))
    process.exitCode = 1
    return
  }
  for (const { name, command, read } of SUITES) {
    say(`testing: ${name}`)
    const started = Date.now()
    const [program, ...args] = command
    const { status, output } = await show(program, args, { cwd: ROOT, limit: TIME_LIMIT })
    const counts = judge(read(output), status)
    total = add(total, counts)
    summary.push(`  ${name}: ${format(counts)} (${((Date.now() - started) / 1000).toFixed(1)} s)`)
  }
  say('npm test')
  console.log(summary.join('\n'))
  console.log(format(total))
  if (total.failed > 0) process.exitCode = 1
}

main()
