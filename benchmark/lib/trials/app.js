'use strict'

const http = require('node:http')
const { makeMiddleware } = require('../contestants')
const { startLoad } = require('../load')
const { fill } = require('../sample')

module.exports = app

const USERS = 100
const CONNECTIONS = 10
const KINDS = ['read', 'write']
/** Requests. */
const WARM_UP = 3000
const SLICE = 300

/** A whole app over loopback, read or write requests; the load comes from another process. */
async function app ({ framework, contestant }) {
  const server = http.createServer(APPS[framework](makeMiddleware(contestant)))
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${server.address().port}`
  const cookies = await logIn(url, contestant)
  const load = startLoad()

  async function measure (kind, amount) {
    const begin = process.cpuUsage()
    const { requests, seconds } = await load.send({ url: `${url}/${kind}`, cookies, connections: CONNECTIONS, amount })
    const { user, system } = process.cpuUsage(begin)
    return { cpu: (user + system) * 1000 / requests, throughput: requests / seconds }
  }

  for (const kind of KINDS) await measure(kind, WARM_UP)
  return async () => ({ read: await measure('read', SLICE), write: await measure('write', SLICE) })
}

/** The same app on each framework: two pages that show a session, one of them counting visits. */
const APPS = {
  express5: (middleware) => onExpress(require('express'), middleware),
  express4: (middleware) => onExpress(require('express4'), middleware),
  http: onNode
}

function onExpress (express, middleware) {
  const app = express()
  app.use(middleware)
  app.get('/login/:number', (req, res) => {
    fill(req.session, Number(req.params.number))
    res.send('welcome')
  })
  app.get('/read', (req, res) => {
    res.send(page(req.session))
  })
  app.get('/write', (req, res) => {
    req.session.views++
    res.send(page(req.session))
  })
  return app
}

function onNode (middleware) {
  return (req, res) => middleware(req, res, (err) => {
    if (err) throw err
    if (req.url.startsWith('/login/')) fill(req.session, Number(req.url.slice('/login/'.length)))
    else if (req.url === '/write') req.session.views++
    const text = page(req.session)
    res.setHeader('Content-Type', 'text/html; charset=utf-8')
    res.setHeader('Content-Length', Buffer.byteLength(text))
    res.end(text)
  })
}

function page ({ user, views }) {
  return `<p>Hello ${user.name}, this is visit ${views}.</p>`
}

async function logIn (url, contestant) {
  const cookies = []
  for (let number = 0; number < USERS; number++) {
    const response = await fetch(`${url}/login/${number}`)
    await response.text()
    const set = response.headers.get('set-cookie')
    if (!['none', 'settled'].includes(contestant) && !set) throw new Error(`${contestant} set no cookie`)
    cookies.push(set ? set.split(';', 1)[0] : `connect.sid=s%3A${'x'.repeat(32)}.${'y'.repeat(43)}`)
  }
  return cookies
}
