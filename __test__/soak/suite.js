'use strict'

/*
 *   npm run test:soak [-- --minutes 1] [--only memory|sqlite]
 *
 * Apps under mixed traffic for a while, each in processes of their own: one on the MemoryStore (memory.js), then four
 * processes on one SQLiteStore (sqlite.js). Their memory, and the file, must not grow once they have what they need, no
 * request may fail, and when all has expired nothing may be left.
 */

const { fork } = require('node:child_process')
const path = require('node:path')
const { median } = require('../../benchmark/lib/statistics')

/** Of the second quarter of the time, and a little for the allocator. */
const GROWTH = 1.1
const SLACK = 8 * 2 ** 20
/** Bytes, at most. */
const TOMBSTONE = 150
/** Of a write-ahead log: twice the size from which on writers wait for its end. */
const LOG = 64 * 2 ** 20

const APPS = {
  memory: (samples, result) => ({
    ...flat(samples, { rss: 'resident memory', heap: 'the heap', external: 'external memory' }),
    ...right(result)
  }),
  sqlite: (samples, result) => ({
    ...flat(samples, { rss: 'resident memory', heap: 'the heap', file: 'the file' }),
    [`the log is bounded (${mib(result.log)})`]: result.log <= LOG,
    ...right(result),
    [`four processes took the places of four (${result.replaced})`]: result.replaced === 4
  })
}

module.exports = async function soak (args) {
  const given = (name) => args.includes(name) ? args[args.indexOf(name) + 1] : undefined
  const minutes = Number(given('--minutes') ?? 1)
  if (!(minutes > 0)) throw new RangeError('--minutes must be a number above 0')
  const only = given('--only')
  if (only !== undefined && !Object.hasOwn(APPS, only)) throw new RangeError(`--only must be one of ${Object.keys(APPS)}`)

  const count = { passed: 0, failed: 0, skipped: 0 }
  for (const name of only === undefined ? Object.keys(APPS) : [only]) {
    console.log(`${name}:`)
    const { samples, result, status } = await runApp(name, minutes * 60_000)
    const checks = result === undefined ? { [`the app ended with status ${status}`]: false } : APPS[name](samples, result)
    for (const [check, held] of Object.entries(checks)) {
      console.log(`${held ? '✔' : '✖'} ${check}`)
      count[held ? 'passed' : 'failed']++
    }
  }
  return count
}

function runApp (name, duration) {
  const samples = []
  let result
  const app = fork(path.join(__dirname, `${name}.js`), [String(duration)], { execArgv: ['--expose-gc'] })
  const stop = () => app.kill()
  process.once('SIGTERM', stop)
  app.on('message', (message) => {
    if (message.result) {
      result = message.result
      return
    }
    samples.push(message)
    const { seconds, requests, sessions, ...bytes } = message
    const sizes = Object.entries(bytes).map(([what, size]) => `${what} ${mib(size)}`)
    console.log(`${seconds} s: ${sizes.join(', ')}, ${requests.toLocaleString('en')} requests, ${sessions.toLocaleString('en')} sessions`)
  })
  return new Promise((resolve) => app.on('exit', (status) => {
    process.removeListener('SIGTERM', stop)
    resolve({ samples, result, status })
  }))
}

function flat (samples, names) {
  return Object.fromEntries(Object.entries(names).map(([what, name]) => [`${name} is flat`, isFlat(samples, what)]))
}

function right (result) {
  return {
    [`every response was right (${result.wrong} were not)`]: result.wrong === 0 && result.requests > 0,
    'sessions came, were evicted and expired': result.evicted > 0 && result.expired > 0,
    [`of expired sessions nothing is left (${result.sessions})`]: result.sessions === 0,
    [`of destroyed ones no more than their ids (${result.bytes} bytes for ${result.tombstones})`]:
      result.bytes <= result.tombstones * TOMBSTONE
  }
}

function isFlat (samples, what) {
  const quarter = Math.floor(samples.length / 4)
  const values = samples.map((sample) => sample[what])
  return median(values.slice(-quarter)) <= median(values.slice(quarter, 2 * quarter)) * GROWTH + SLACK
}

function mib (bytes) {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`
}
