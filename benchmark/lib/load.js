'use strict'

/*
 * The load of the apps: a process with autocannon, which sends requests when it is told to.
 */

const { fork } = require('node:child_process')
const { once } = require('node:events')
const { performance } = require('node:perf_hooks')

/** Runs end on a tick of autocannon's clock, in milliseconds. */
const TICK = 20

/** @return {function(object): Promise<{requests: number, seconds: number}>} */
function startLoad () {
  const child = fork(__filename, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] })
  return async (task) => {
    child.send(task)
    const [answer] = await once(child, 'message')
    if (answer.failed) throw new Error(`load: ${answer.failed}`)
    return answer
  }
}

function serve ({ url, cookies, connections, amount }) {
  const requests = cookies.map((cookie) => ({ headers: { cookie } }))
  const begin = performance.now()
  let end = begin
  const run = require('autocannon')({ url, connections, amount, requests, sampleInt: TICK }, (err, result) => {
    if (err) return process.send({ failed: err.message })
    const bad = result.errors + result.timeouts + result.non2xx
    if (bad > 0) return process.send({ failed: `${bad} requests failed` })
    process.send({ requests: result.requests.total, seconds: (end - begin) / 1000 })
  })
  // autocannon's own duration is in whole ticks.
  run.on('response', () => { end = performance.now() })
}

if (require.main === module) process.on('message', serve)

module.exports = { startLoad }
