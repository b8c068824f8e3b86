'use strict'

/*
 * `npm run test:nodes`: the unit tests, those of the engines, the differential suite, and upstream's where UPSTREAM_SESSION
 * names a checkout, under other versions of Node, which come from npm. A version that can't be installed is skipped by name.
 */

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { say } = require('../../scripts/prepare')
const { add, format, readTotal, runProgram } = require('../../scripts/run-program')
const { install } = require('./install')

const TIME_LIMIT = 4 * 60 * 1000
const VERSIONS = ['18', '22', '24', '26']

module.exports = async function runUnderOtherNodes () {
  const upstream = process.env.UPSTREAM_SESSION
  const suites = [['unit'], ['engines'], ['differential'], ...upstream ? [['upstream', path.resolve(upstream)]] : []]
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodes-'))
  let total = { passed: 0, failed: 0, skipped: 0 }
  try {
    for (const version of VERSIONS) {
      const own = path.join(folder, version)
      fs.mkdirSync(own)
      const installed = install(version, own)
      if (!installed) {
        say(`skipped: Node ${version} can't be installed from npm here`)
        total.skipped += 1
        continue
      }
      for (const suite of suites) {
        const counts = await runProgram(installed.node, ['scripts/run-suite.js', ...suite], readTotal, { limit: TIME_LIMIT, quiet: true })
        say(`Node ${installed.exact}, ${suite[0]}: ${format(counts)}`)
        total = add(total, counts)
      }
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
  return total
}
