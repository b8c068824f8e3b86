'use strict'

/*
 *   node scripts/run-tests.js <folder of tests> [argument …]
 *
 * Runs the folder's run.js where it has one, with the arguments, otherwise every *.test.js below it
 * with Node's test runner. The last line is `N passed, N failed`, with `, N skipped` where some were.
 */

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { show } = require('./child')
const { format, judge, readNodeTest, readTotal } = require('./counts')

const TIME_LIMIT = 15 * 60 * 1000
// Node's own choice is one file at a time on two cores.
const FILES_AT_ONCE = `--test-concurrency=${Math.max(2, os.availableParallelism())}`
// A test that waits for what never comes fails by itself; Node 18 can't be told.
const TEST_LIMIT = Number(process.versions.node.split('.')[0]) < 20 ? [] : ['--test-timeout=120000']

function testFiles (folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : testFiles(file)
    return entry.name.endsWith('.test.js') ? [file] : []
  }).sort()
}

async function main ([folder, ...rest]) {
  const script = path.join(folder, 'run.js')
  const own = fs.existsSync(script)
  const files = own || !fs.existsSync(folder) ? [] : testFiles(folder)
  if (!own && files.length === 0) {
    console.error(`${folder} has no tests`)
    return judge(null)
  }
  const args = own ? [script, ...rest] : ['--test', '--test-reporter=spec', FILES_AT_ONCE, ...TEST_LIMIT, ...rest, ...files]
  const { status, output } = await show(process.execPath, args, { limit: TIME_LIMIT })
  const counts = own ? readTotal(output) : readNodeTest(output)
  if (!counts) console.error(`the tests of ${folder} ended without a summary, with status ${status}`)
  return judge(counts, status)
}

main(process.argv.slice(2)).then((counts) => {
  console.log(format(counts))
  if (counts.failed > 0) process.exitCode = 1
})
