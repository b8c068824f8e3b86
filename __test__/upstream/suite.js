'use strict'

/*
 * Runs the test suite of expressjs/session, unmodified, against this package.
 *
 *   npm run test:upstream -- <checkout of expressjs/session> [--package <name or path>]
 *
 * Upstream's tests require the package at `../`. A temporary folder takes that place: its index.js and
 * session/*.js forward to the package, its test folder is a copy of the checkout's, and its
 * node_modules links to our development dependencies. `--package express-session` runs the same
 * against the original, which shows that the runner itself is right.
 */

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { ROOT, runProgram } = require('../../scripts/run-program')
const { makeCertificate } = require('../helpers/certificate')

const MODULES = ['cookie', 'memory', 'session', 'store']
// What upstream's tests require, by the name that they use, and where we have it.
const DEPENDENCIES = {
  after: 'after',
  'cookie-parser': 'cookie-parser',
  express: 'express4',
  supertest: 'supertest'
}
const TIME_LIMIT = 3 * 60 * 1000
const USAGE = 'usage: npm run test:upstream -- <checkout of expressjs/session> [--package <name or path>]'

function parse (args) {
  const at = args.indexOf('--package')
  const [target] = at === -1 ? [ROOT] : args.splice(at, 2).slice(1)
  const [checkout] = args
  if (!checkout || !target) throw new Error(USAGE)
  if (!fs.existsSync(path.join(checkout, 'test', 'session.js'))) {
    throw new Error(`${checkout} is no checkout of expressjs/session: it has no test/session.js\n${USAGE}`)
  }
  const found = path.dirname(require.resolve(`${target}/package.json`, { paths: [process.cwd(), ROOT] }))
  return { checkout: path.resolve(checkout), target: found }
}

function prepare (folder, { checkout, target }) {
  const forward = (file, to) => {
    fs.writeFileSync(path.join(folder, file), `module.exports = require(${JSON.stringify(path.join(target, to))})\n`)
  }
  fs.mkdirSync(path.join(folder, 'session'))
  forward('index.js', '')
  for (const name of MODULES) forward(`session/${name}.js`, `session/${name}`)

  fs.cpSync(path.join(checkout, 'test'), path.join(folder, 'test'), { recursive: true })
  // As upstream's test/support/gencert.sh, which `npm test` runs there.
  const fixtures = path.join(folder, 'test', 'fixtures')
  fs.mkdirSync(fixtures, { recursive: true })
  makeCertificate(fixtures)

  fs.mkdirSync(path.join(folder, 'node_modules'))
  for (const [name, ours] of Object.entries(DEPENDENCIES)) {
    fs.symlinkSync(path.join(ROOT, 'node_modules', ours), path.join(folder, 'node_modules', name), 'junction')
  }
}

function readMocha (lines) {
  const count = (word) => Number(lines.map((line) => new RegExp(`^ +(\\d+) ${word}`).exec(line)).find(Boolean)?.[1] || 0)
  const [passed, failed, skipped] = ['passing', 'failing', 'pending'].map(count)
  return passed + failed > 0 ? { passed, failed, skipped } : null
}

module.exports = async function runUpstreamsTests (args) {
  const options = parse(args)
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'upstream-suite-'))
  try {
    prepare(folder, options)
    const mocha = path.join(ROOT, 'node_modules', 'mocha', 'bin', 'mocha.js')
    // With --no-exit a handle that the package leaves open keeps mocha from ending; that is a failure.
    const flags = ['--require', 'test/support/env', '--check-leaks', '--no-exit', '--reporter', 'spec', 'test/']
    return await runProgram(process.execPath, [mocha, ...flags], readMocha, { cwd: folder, limit: TIME_LIMIT })
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}
