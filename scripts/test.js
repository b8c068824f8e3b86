'use strict'

/*
 * `npm test`: installs and builds what is missing, then runs every suite that needs no server.
 * The last line is the sum of all of them; the exit code is 1 when one failed.
 */

const { spawn } = require('node:child_process')
const { ROOT, prepare, say } = require('./prepare')
const { add, conclude, format, runSuite } = require('./run-suite')

const SUITES = ['rust', 'engines', 'unit', 'differential', 'types', 'package']

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
    return { ...total, failed: 1 }
  }
  for (const name of SUITES) {
    say(`testing: ${name}`)
    const started = Date.now()
    const counts = await runSuite(name)
    total = add(total, counts)
    summary.push(`  ${name}: ${format(counts)} (${((Date.now() - started) / 1000).toFixed(1)} s)`)
  }
  say('npm test')
  console.log(summary.join('\n'))
  return total
}

main().then(conclude)
