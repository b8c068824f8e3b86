'use strict'

/*
 * Runs the stores and consumers under express-session and under this package, and compares them step by step.
 *
 *   npm run test:stores -- [--only TEXT]… [--write] [--sabotage] [--ours upstream] [--show] [--jobs N]
 *
 *   --only TEXT      the rows whose name contains TEXT
 *   --write          writes docs/compatibility.md
 *   --sabotage       only the self-check: breaks the package on purpose, and wants red rows
 *   --ours upstream  compares express-session with itself: what differs then is noise
 *   --show           prints the steps
 */

const { execFileSync } = require('child_process')
const fs = require('fs')
const os = require('os')
const path = require('path')

module.exports = async function runStores (args) {
  const flag = (name) => args.includes(name)
  const values = (name) => args.flatMap((arg, i) => arg === name ? [args[i + 1]] : [])
  install()
  const { Runner } = require('./runner')
  const { write } = require('./report')
  const ours = values('--ours')[0] || 'ours'
  if (ours === 'ours' && !fs.existsSync(path.join(__dirname, '../../index.js'))) {
    throw new Error('The package has no index.js here.')
  }
  const runner = new Runner({
    ours,
    only: values('--only').map((text) => text.toLowerCase()),
    jobs: Number(values('--jobs')[0]) || Math.max(2, os.cpus().length),
    show: flag('--show'),
    print: (line) => console.log(line)
  })
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => runner.stop().then(() => process.exit(1)))
  const started = Date.now()
  let results
  try {
    results = await (flag('--sabotage') ? runner.selfCheck() : runner.all())
  } finally {
    await runner.stop()
  }
  const count = (result) => results.filter((one) => one.result === result).length
  if (flag('--write') && runner.only.length) console.log('Not written: that takes a whole run.')
  else if (flag('--write')) write(results, runner.servers)
  for (const one of results.filter((one) => one.result === 'failed')) {
    const shown = flag('--show') ? one.problems : one.problems.slice(0, 4)
    console.log(`\n${one.name}\n${shown.map((text) => '  ' + text.slice(0, 700)).join('\n')}`)
    if (shown.length < one.problems.length) console.log(`  and ${one.problems.length - shown.length} more`)
  }
  console.log(`\n${Math.round((Date.now() - started) / 1000)} s`)
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped') }
}

/** The stores and what they need, when they are not there yet. */
function install () {
  const stamp = path.join(__dirname, 'node_modules/.installed')
  const lock = fs.readFileSync(path.join(__dirname, 'package-lock.json'), 'utf8')
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === lock) return
  console.log('Installing the stores and their drivers into __test__/stores/node_modules (3 to 4 minutes, two of them compiling SQLite) …')
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: __dirname, stdio: 'inherit', shell: process.platform === 'win32' })
  generatePrisma()
  fs.writeFileSync(stamp, lock)
}

/** Prisma's client is generated. The engine that its tool wants to download first is for migrations; any file will do. */
function generatePrisma () {
  const tool = path.join(__dirname, 'node_modules/prisma/build/index.js')
  try {
    execFileSync(process.execPath, [tool, 'generate', '--schema', path.join(__dirname, 'schema.prisma')], {
      cwd: __dirname, stdio: 'pipe', env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, PRISMA_HIDE_UPDATE_MESSAGE: '1' }
    })
  } catch {
    console.log('Prisma\'s client could not be generated; its row will be skipped.')
  }
}
