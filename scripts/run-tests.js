'use strict'

/*
 *   node scripts/run-tests.js <folder of tests> [argument …]
 *
 * Runs the folder's run.js where it has one, with the arguments, otherwise every *.test.js below it
 * with Node's test runner. The last line is `N passed, N failed`, with `, N skipped` where some were.
 */

const { spawn } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { format, readNodeTest, readTotal } = require('./counts')

const TIME_LIMIT = 15 * 60 * 1000

function testFiles (folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : testFiles(file)
    return entry.name.endsWith('.test.js') ? [file] : []
  }).sort()
}

function run (args) {
  const env = { ...process.env }
  // Set when this runs below `node --test`; it would change what the child prints.
  delete env.NODE_TEST_CONTEXT
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
    const timer = setTimeout(() => child.kill('SIGKILL'), TIME_LIMIT)
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (data) => {
      output += data
      process.stdout.write(data)
    })
    child.on('close', (status) => {
      clearTimeout(timer)
      resolve({ status, output })
    })
  })
}

async function main ([folder, ...rest]) {
  const script = path.join(folder, 'run.js')
  const own = fs.existsSync(script)
  const files = own || !fs.existsSync(folder) ? [] : testFiles(folder)
  if (!own && files.length === 0) {
    console.error(`${folder} has no tests`)
    return { passed: 0, failed: 1, skipped: 0 }
  }
  const args = own ? [script, ...rest] : ['--test', '--test-reporter=spec', ...rest, ...files]
  const { status, output } = await run(args)
  const counts = own ? readTotal(output) : readNodeTest(output)
  // It ended badly although no test failed, or said nothing.
  if (!counts) return { passed: 0, failed: 1, skipped: 0 }
  if (status !== 0 && counts.failed === 0) counts.failed = 1
  return counts
}

main(process.argv.slice(2)).then((counts) => {
  console.log(format(counts))
  if (counts.failed > 0) process.exitCode = 1
})
