'use strict'

/*
 * Runs the test suite of expressjs/session, unmodified, against this package.
 *
 *   node __test__/upstream/run.js <checkout of expressjs/session> [--package <name or path>]
 *
 * Upstream's tests require the package at `../`. A temporary folder takes that place: its index.js and
 * session/*.js forward to the package, its test folder is a copy of the checkout's, and its
 * node_modules links to our development dependencies. `--package express-session` runs the same
 * against the original, which shows that the runner itself is right.
 */

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { show } = require('../../scripts/child')
const { format, judge } = require('../../scripts/counts')

const ROOT = path.join(__dirname, '..', '..')
const MODULES = ['cookie', 'memory', 'session', 'store']
// What upstream's tests require, by the name that they use, and where we have it.
const DEPENDENCIES = {
  after: 'after',
  'cookie-parser': 'cookie-parser',
  express: 'express4',
  supertest: 'supertest'
}
const TIME_LIMIT = 3 * 60 * 1000
const USAGE = 'usage: node __test__/upstream/run.js <checkout of expressjs/session> [--package <name or path>]'

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
  makeCertificate(path.join(folder, 'test', 'fixtures'))

  fs.mkdirSync(path.join(folder, 'node_modules'))
  for (const [name, ours] of Object.entries(DEPENDENCIES)) {
    fs.symlinkSync(path.join(ROOT, 'node_modules', ours), path.join(folder, 'node_modules', name), 'junction')
  }
}

// As upstream's test/support/gencert.sh, which `npm test` runs there.
function makeCertificate (folder) {
  fs.mkdirSync(folder, { recursive: true })
  execFileSync('openssl', [
    'req', '-x509', '-nodes', '-newkey', 'rsa:2048', '-days', '30',
    '-keyout', path.join(folder, 'server.key'), '-out', path.join(folder, 'server.crt'),
    '-subj', '/C=US/ST=Illinois/L=Chicago/O=node-express-session/CN=express-session.local'
  ], { stdio: 'ignore' })
}

// With --no-exit a handle that the package leaves open keeps mocha from ending; that is a failure.
function run (folder) {
  const mocha = path.join(ROOT, 'node_modules', 'mocha', 'bin', 'mocha.js')
  const args = [mocha, '--require', 'test/support/env', '--check-leaks', '--no-exit', '--reporter', 'spec', 'test/']
  return show(process.execPath, args, { cwd: folder, limit: TIME_LIMIT })
}

function count (output, word) {
  return Number(output.match(new RegExp(`^ +(\\d+) ${word}`, 'm'))?.[1] || 0)
}

async function main () {
  const options = parse(process.argv.slice(2))
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'upstream-suite-'))
  try {
    prepare(folder, options)
    const { status, output } = await run(folder)
    const [passed, failed, skipped] = ['passing', 'failing', 'pending'].map((word) => count(output, word))
    const counts = judge(passed + failed ? { passed, failed, skipped } : null, status)
    console.log(format(counts))
    if (counts.failed > 0) process.exitCode = 1
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

main().catch((error) => {
  console.error(error.message)
  console.log('0 passed, 1 failed')
  process.exitCode = 1
})
