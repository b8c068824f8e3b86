'use strict'

const http = require('node:http')
const { once } = require('node:events')
const { ANY_COOKIE, cookieOf } = require('../clients')
const { isSessionless, makeMiddleware, makeStore } = require('../contestants')
const { cpuSince } = require('../drive')
const { startLoad } = require('../load')
const { fill } = require('../sample')

const USERS = 100
const CONNECTIONS = 10
/** The first requests of a process. */
const FIRST = 5000
/** Requests of each kind. V8 has compiled everything after some 30,000. */
const WARM_UP = 30_000
const SLICE = 1000

/** A whole app over loopback, read and write requests; another process sends them. */
async function app ({ framework, ...subject }) {
  const server = http.createServer(APPS[framework](makeMiddleware(subject, await makeStore(subject))))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${server.address().port}`
  const cookies = await logIn(url, isSessionless(subject))
  const load = startLoad()

  async function measure (kind, amount) {
    const begin = process.cpuUsage()
    const { requests, seconds } = await load({ url: `${url}/${kind}`, cookies, connections: CONNECTIONS, amount })
    return { cpu: cpuSince(begin) * 1000 / requests, throughput: requests / seconds }
  }

  const first = await measure('write', FIRST)
  await measure('read', WARM_UP)
  await measure('write', WARM_UP)
  return async () => ({
    first,
    read: await measure('read', SLICE),
    write: await measure('write', SLICE),
    resident: process.memoryUsage.rss()
  })
}

/** The same app on each framework: two pages that show a session; one of them counts visits. */
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

async function logIn (url, sessionless) {
  const cookies = []
  for (let number = 0; number < USERS; number++) {
    const response = await fetch(`${url}/login/${number}`)
    await response.text()
    const header = response.headers.get('set-cookie')
    if (!sessionless && !header) throw new Error('a login set no cookie')
    cookies.push(header ? cookieOf(header) : ANY_COOKIE)
  }
  return cookies
}

module.exports = { app }
