'use strict'

const { performance } = require('node:perf_hooks')
const autocannon = require('autocannon')

/*
 * The other end of load.js: autocannon, a run for each message.
 */

/** Runs end on a tick of its clock, in milliseconds. */
const TICK = 20

process.on('message', ({ url, cookies, connections, amount }) => {
  const requests = cookies.map((cookie) => ({ headers: { cookie } }))
  const begin = performance.now()
  let end = begin
  const run = autocannon({ url, connections, amount, requests, sampleInt: TICK }, (err, result) => {
    if (err) return process.send({ failed: err.message })
    const bad = result.errors + result.timeouts + result.non2xx
    process.send(bad > 0
      ? { failed: `${bad} requests failed` }
      : { requests: result.requests.total, seconds: (end - begin) / 1000, latency: result.latency.average })
  })
  // Its own duration is in whole ticks.
  run.on('response', () => { end = performance.now() })
})
