'use strict'

/* Sends the live figures of a store to every open page, as server-sent events. */

const { monitorEventLoopDelay } = require('node:perf_hooks')

const INTERVAL = 500

module.exports = function live (store) {
  const pages = new Set()
  const delay = monitorEventLoopDelay({ resolution: 5 })
  let timer
  let isClosed = false

  function figures () {
    const stats = store.stats()
    // The monitor includes its own resolution of 5 ms.
    const stall = Math.max(0, delay.max / 1e6 - 5)
    delay.reset()
    return { ...stats, evicted: stats.evicted.max + stats.evicted.maxBytes, stall }
  }

  function send () {
    const text = `data: ${JSON.stringify(figures())}\n\n`
    for (const res of pages) res.write(text)
  }

  function connect (req, res) {
    res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    if (isClosed) return res.end()
    if (pages.size === 0) {
      delay.enable()
      delay.reset()
      timer = setInterval(send, INTERVAL)
    }
    pages.add(res)
    send()
    res.on('close', () => {
      pages.delete(res)
      if (pages.size === 0) stop()
    })
  }

  function stop () {
    clearInterval(timer)
    delay.disable()
  }

  /** Pages that come later are sent away: they come again, and find another process. */
  function close () {
    isClosed = true
    stop()
    for (const res of pages) res.end()
  }

  return { connect, close }
}
