'use strict'

/*
 *   npm run test:soak [-- --minutes 1]
 *
 * An app on the native store under mixed traffic for a while, in a process of its own: its memory must not
 * grow once it has what it needs, no request may fail, and when all has expired nothing may be left.
 */

const { fork } = require('node:child_process')
const path = require('node:path')
const { median } = require('../../benchmark/lib/statistics')

/** Of the second quarter of the time, and a little for the allocator. */
const GROWTH = 1.1
const SLACK = 8 * 2 ** 20
/** Bytes, at most. */
const TOMBSTONE = 150

module.exports = async function soak (args) {
  const given = args.indexOf('--minutes')
  const minutes = given === -1 ? 1 : Number(args[given + 1])
  if (!(minutes > 0)) throw new RangeError('--minutes must be a number above 0')

  const { samples, result, status } = await runApp(minutes * 60_000)
  const checks = result === undefined ? { [`the app ended with status ${status}`]: false } : judge(samples, result)
  for (const [name, held] of Object.entries(checks)) console.log(`${held ? '✔' : '✖'} ${name}`)
  const failed = Object.values(checks).filter((held) => !held).length
  return { passed: Object.keys(checks).length - failed, failed, skipped: 0 }
}

function runApp (duration) {
  const samples = []
  let result
  const app = fork(path.join(__dirname, 'app.js'), [String(duration)], { execArgv: ['--expose-gc'] })
  const stop = () => app.kill()
  process.once('SIGTERM', stop)
  app.on('message', (message) => {
    if (message.result) {
      result = message.result
      return
    }
    samples.push(message)
    const { seconds, rss, heap, external, requests, sessions } = message
    console.log(`${seconds} s: RSS ${mib(rss)}, heap ${mib(heap)}, external ${mib(external)}, ` +
      `${requests.toLocaleString('en')} requests, ${sessions.toLocaleString('en')} sessions`)
  })
  return new Promise((resolve) => app.on('exit', (status) => {
    process.removeListener('SIGTERM', stop)
    resolve({ samples, result, status })
  }))
}

function judge (samples, result) {
  return {
    'resident memory is flat': isFlat(samples, 'rss'),
    'the heap is flat': isFlat(samples, 'heap'),
    'external memory is flat': isFlat(samples, 'external'),
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
