'use strict'

/*
 * `npm test`: installs and builds what is missing, then runs every suite that needs no server.
 * The last line is the sum of all of them; the exit code is 1 when one failed.
 */

const { spawn } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { ROOT, build, buildAhead, checkTools, install, say } = require('./prepare')
const { add, conclude, format, readTotal } = require('./run-program')
const { runSuite } = require('./run-suite')

/** One after the other: each keeps all processors busy, for the most part. */
const SUITES = ['engines', 'unit', 'differential', 'package']
/** Beside everything else, from when the dependencies are installed. */
const BESIDE = ['rust', 'types']

/**
 * Starts a suite that takes only idle processors. Its output goes to a file, because preparing blocks this process. It is
 * shown in its turn.
 */
function startBeside (suite) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), `${suite}-tests-`))
  const log = path.join(folder, 'log')
  const output = fs.openSync(log, 'w')
  const child = spawn(process.execPath, ['scripts/run-suite.js', suite], { cwd: ROOT, stdio: ['ignore', output, output] })
  // What comes next would otherwise wait for it.
  os.setPriority(child.pid, os.constants.priority.PRIORITY_LOW)
  const closed = once(child, 'close')
  return {
    stop: () => child.kill(),

    async result () {
      await closed
      const text = fs.readFileSync(log, 'utf8')
      fs.rmSync(folder, { recursive: true })
      process.stdout.write(text)
      return readTotal(text.split('\n')) || { passed: 0, failed: 1, skipped: 0 }
    }
  }
}

async function main () {
  const beside = []
  let total = { passed: 0, failed: 0, skipped: 0 }
  const summary = []
  try {
    checkTools()
    buildAhead()
    install()
    // Neither needs the addon.
    for (const name of BESIDE) beside.push([name, startBeside(name)])
    build()
  } catch (error) {
    for (const [, suite] of beside) suite.stop()
    console.error(`\n${error.message}`)
    return { ...total, failed: 1 }
  }
  const suites = [...SUITES.map(name => [name, () => runSuite(name)]), ...beside.map(([name, { result }]) => [name, result])]
  for (const [name, run] of suites) {
    say(`testing: ${name}`)
    const started = Date.now()
    const counts = await run()
    total = add(total, counts)
    summary.push(`  ${name}: ${format(counts)} (${((Date.now() - started) / 1000).toFixed(1)} s)`)
  }
  say('npm test')
  console.log(summary.join('\n'))
  return total
}

main().then(conclude)
