'use strict'

/*
 * Runs connect-redis's own test suite on this package's RedisStore, with a redis-server of its own (or REDIS_SERVER).
 *
 *   npm run test:connect-redis -- <checkout of tj/connect-redis> [--package connect-redis]
 *
 * Nothing of the suite is changed but what it imports: the store, the server, and its test runner, which is vitest.js here
 * and goes on after an expectation that fails. `--package connect-redis` runs the same against the original, which shows
 * that the runner itself is right.
 */

const { buildSync } = require('esbuild')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { ROOT, readTotal, runProgram } = require('../../scripts/run-program')
const { missing } = require('../redis/servers')

const SUITE = 'index_test.ts'
const TIME_LIMIT = 60 * 1000
const USAGE = 'usage: npm run test:connect-redis -- <checkout of tj/connect-redis> [--package <name or path>]'

function parse (args) {
  const at = args.indexOf('--package')
  const [target] = at === -1 ? [ROOT] : args.splice(at, 2).slice(1)
  const [checkout] = args
  if (!checkout || !target) throw new Error(USAGE)
  if (!fs.existsSync(path.join(checkout, SUITE))) throw new Error(`${checkout} is no checkout of tj/connect-redis: it has no ${SUITE}\n${USAGE}`)
  return { suite: path.resolve(checkout, SUITE), store: require.resolve(target, { paths: [process.cwd(), ROOT] }), isOurs: target === ROOT }
}

/** The suite as a script, with other imports. */
function compile ({ suite, store }) {
  const { outputFiles: [{ text }] } = buildSync({ entryPoints: [suite], platform: 'node', format: 'cjs', packages: 'external', write: false })
  const imports = {
    './': store,
    './testdata/server': path.join(__dirname, 'server.js'),
    vitest: path.join(__dirname, 'vitest.js'),
    redis: require.resolve('redis', { paths: [ROOT] }),
    'express-session': require.resolve('express-session', { paths: [ROOT] })
  }
  return text.replace(/\brequire\("([^"]+)"\)/g, (whole, name) => {
    if (!Object.hasOwn(imports, name)) throw new Error(`${suite} imports ${name}, for which there is nothing here`)
    return `require(${JSON.stringify(imports[name])})`
  })
}

module.exports = async function runConnectRedisTests (args) {
  const options = parse(args)
  if (missing) {
    console.log(`skipped: ${missing}`)
    return { passed: 0, failed: 0, skipped: 1 }
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'connect-redis-suite-'))
  try {
    const script = path.join(folder, 'suite.js')
    fs.writeFileSync(script, compile(options))
    return await runProgram(process.execPath, [script, ...options.isOurs ? ['--known'] : []], readTotal, { limit: TIME_LIMIT })
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}
