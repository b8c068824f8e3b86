'use strict'

const http = require('node:http')
const { once } = require('node:events')
const { patience } = require('./calls')
const { Browser, request } = require('./client')

/** Listens on a free port of this machine: { server, port, close }. Takes a handler or a server. */
async function listen (handlerOrServer) {
  const server = typeof handlerOrServer === 'function' ? http.createServer(handlerOrServer) : handlerOrServer
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    server,
    port: server.address().port,
    close: () => new Promise((resolve) => {
      server.close(resolve)
      server.closeAllConnections?.()
    })
  }
}

/**
 * Serves `middlewares` and then `handler` until the test ends. What is passed to `next` or thrown is
 * kept in `errors`, and answered with its text while that is possible.
 */
async function serve (t, middlewares, handler, server = http.createServer()) {
  const errors = []
  server.on('request', (req, res) => {
    run([...[].concat(middlewares), handler], req, res, (err, thrown) => {
      errors.push(err)
      if (thrown) return res.socket ? res.socket.destroy() : res.stream.destroy()
      if (res.headersSent) return
      res.statusCode = 500
      res.end(String(err.message))
    })
  })
  const { port, close } = await listen(server)
  t.after(() => { close() })

  return {
    errors,
    port,
    get timeout () { return patience() },
    get: (path, options) => request({ port, timeout: patience(), path, ...options }),
    browser () { return new Browser(this) }
  }
}

function run (steps, req, res, fail) {
  function next (err) {
    if (err) return fail(err, false)
    const step = steps.shift()
    try {
      const done = step(req, res, next)
      if (done && typeof done.catch === 'function') done.catch(err => fail(err, true))
    } catch (err) {
      fail(err, true)
    }
  }
  next()
}

module.exports = { listen, serve }
