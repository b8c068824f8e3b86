'use strict'

const http = require('node:http')
const { once } = require('node:events')
const { patience } = require('./subject')

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
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections?.()
    server.close()
  })

  const { port } = server.address()
  const app = { errors, port, server }
  app.get = (path, options) => request(port, path, options)
  app.browser = () => browser(app)
  return app
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

/** One request on a connection of its own. */
function request (port, path = '/', { method = 'GET', headers = {}, body, cookie } = {}) {
  return new Promise((resolve, reject) => {
    const req = http.request({ port, host: '127.0.0.1', path, method, agent: false, timeout: patience() })
    for (const [name, value] of Object.entries(headers)) req.setHeader(name, value)
    if (cookie) req.setHeader('Cookie', cookie)

    const informed = []
    req.on('information', info => informed.push(info))
    req.on('timeout', () => req.destroy(new Error('no answer')))
    req.on('error', reject)
    req.on('response', res => {
      const chunks = []
      res.on('data', chunk => chunks.push(chunk))
      res.on('error', reject)
      res.on('end', () => resolve(answer(res, Buffer.concat(chunks), informed)))
    })
    req.end(body)
  })
}

function answer (res, bytes, informed) {
  const setCookie = res.headers['set-cookie'] || []
  return {
    status: res.statusCode,
    message: res.statusMessage,
    headers: res.headers,
    rawHeaders: res.rawHeaders,
    trailers: res.trailers,
    informed,
    bytes,
    body: bytes.toString(),
    setCookie,
    /** What the client sends from now on. */
    cookie: setCookie.map(text => text.split(';')[0]).join('; ')
  }
}

/** A client that keeps its cookies. */
function browser (app) {
  const jar = new Map()
  return {
    jar,
    get cookie () { return [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
    async get (path, options) {
      const res = await app.get(path, { ...options, cookie: this.cookie })
      for (const text of res.setCookie) {
        const [, name, value] = /^([^=]*)=([^;]*)/.exec(text)
        jar.set(name, value)
      }
      return res
    }
  }
}

module.exports = { request, serve }
