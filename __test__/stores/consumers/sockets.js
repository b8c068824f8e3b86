'use strict'

/* Sessions on sockets: long after the response, or without one. */

const assert = require('assert')
const http = require('http')

const once = (emitter, ...events) => new Promise((resolve) => {
  for (const event of events) emitter.once(event, (...values) => resolve([event, ...values]))
})
const cookieOf = (browser) => [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
const ask = (socket, event, ...values) => socket.timeout(3000).emitWithAck(event, ...values)

function loginApp (session) {
  const app = require('express')()
  app.use(session)
  app.get('/login', (req, res) => {
    req.session.user = 'ann'
    res.json({ id: req.sessionID })
  })
  app.get('/logout', (req, res) => req.session.destroy(() => res.json({ out: true })))
  app.get('/view', (req, res) => res.json({ id: req.sessionID, user: req.session.user, count: req.session.count }))
  return app
}

module.exports = {
  // the example that ws has in its repository
  ws: {
    package: 'ws',
    async run (lab) {
      const { WebSocket, WebSocketServer } = require('ws')
      const session = lab.session()
      const server = http.createServer(loginApp(session))
      const wss = new WebSocketServer({ clientTracking: false, noServer: true })
      server.on('upgrade', (request, socket, head) => {
        session(request, {}, () => {
          if (!request.session.user) {
            socket.write('HTTP/1.1 401 Unauthorized\r\n\r\n')
            socket.destroy()
            return
          }
          wss.handleUpgrade(request, socket, head, (ws) => wss.emit('connection', ws, request))
        })
      })
      wss.on('connection', (ws, request) => {
        ws.on('message', (message) => {
          const { session } = request
          if (String(message) === 'count') {
            session.reload((err) => {
              if (err) return ws.send(JSON.stringify({ error: err.message }))
              session.count = (request.session.count || 0) + 1
              request.session.count = session.count
              request.session.save(() => ws.send(JSON.stringify({ count: request.session.count })))
            })
          } else {
            ws.send(JSON.stringify({ id: request.sessionID, user: session.user, message: String(message) }))
          }
        })
      })
      await lab.serve(server)
      const browser = lab.browser()
      const open = () => new WebSocket('ws://127.0.0.1:' + lab.port, { headers: { cookie: cookieOf(browser) } })
      const say = async (ws, text) => {
        ws.send(text)
        const [, data] = await once(ws, 'message')
        return JSON.parse(data)
      }
      await lab.step('not logged in', async () => {
        const ws = open()
        ws.on('error', () => {})
        const [event, , response] = await once(ws, 'unexpected-response', 'open')
        return { event, status: response && response.statusCode }
      }, (result) => assert.equal(result.status, 401))
      await lab.step('login', () => browser.get('/login'))
      const ws = open()
      await once(ws, 'open')
      await lab.step('who', () => say(ws, 'hello'), (result) => assert.equal(result.user, 'ann'))
      await lab.step('reload, change, save', () => say(ws, 'count'), (result) => assert.equal(result.count, 1))
      await lab.step('seen over HTTP', () => browser.get('/view'), (response) => assert.equal(response.body.count, 1))
      await lab.step('once more', () => say(ws, 'count'), (result) => assert.equal(result.count, 2))
      await lab.step('logout', () => browser.get('/logout'))
      await lab.step('reload after logout', () => say(ws, 'count'), (result) => assert.ok(result.error))
      ws.terminate()
    }
  },

  // socket.io's guide "How to use with express-session"
  'socket.io over polling': { package: 'socket.io', run: (lab) => socketIo(lab, 'polling') },
  'socket.io over websocket': { package: 'socket.io', run: (lab) => socketIo(lab, 'websocket') },

  'express-socket.io-session': {
    package: 'express-socket.io-session',
    async run (lab) {
      const session = lab.session({ resave: true, saveUninitialized: true })
      const server = http.createServer(loginApp(session))
      const { Server } = require('socket.io')
      const io = new Server(server)
      io.use(require('express-socket.io-session')(session, { autoSave: true }))
      io.on('connection', (socket) => {
        socket.on('login', (answer) => {
          socket.handshake.session.user = 'bob'
          socket.handshake.session.save()
          answer({ id: socket.handshake.sessionID })
        })
        socket.on('count', (answer) => {
          socket.handshake.session.count = (socket.handshake.session.count || 0) + 1
          answer({ count: socket.handshake.session.count, user: socket.handshake.session.user })
        })
        socket.on('logout', (answer) => {
          delete socket.handshake.session.user
          socket.handshake.session.save(() => answer({}))
        })
      })
      await lab.serve(server)
      lab.ends.push(() => new Promise((resolve) => io.close(resolve)))
      const browser = lab.browser()
      await lab.step('a session over HTTP', () => browser.get('/view'))
      const socket = require('socket.io-client').io('http://127.0.0.1:' + lab.port, {
        transports: ['websocket'], extraHeaders: { cookie: cookieOf(browser) }, reconnection: false
      })
      await once(socket, 'connect', 'connect_error')
      await lab.step('login on the socket', () => ask(socket, 'login'), (result) => assert.equal(result.id, browser.id))
      await settle()
      await lab.step('seen over HTTP', () => browser.get('/view'), (response) => assert.equal(response.body.user, 'bob'))
      await lab.step('count on the socket', () => ask(socket, 'count'), (result) => assert.deepEqual(result, { count: 1, user: 'bob' }))
      await settle()
      await lab.step('saved by itself', () => browser.get('/view'), (response) => assert.equal(response.body.count, 1))
      await lab.step('logout on the socket', () => ask(socket, 'logout'))
      await settle()
      await lab.step('logged out over HTTP', () => browser.get('/view'), (response) => assert.equal(response.body.user, undefined))
      socket.close()
    }
  }
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 30))

async function socketIo (lab, transport) {
  // The guide has resave: true. With polling, the poll that waits would then write its old copy over what was saved.
  const session = lab.session({ resave: transport !== 'polling', saveUninitialized: true })
  const server = http.createServer(loginApp(session))
  const { Server } = require('socket.io')
  const io = new Server(server)
  io.engine.use(session)
  io.on('connection', (socket) => {
    const req = socket.request
    socket.join(req.session.id)
    socket.on('incr', (answer) => {
      req.session.reload((err) => {
        if (err) return answer({ error: err.message })
        req.session.count = (req.session.count || 0) + 1
        req.session.save(() => answer({ id: req.session.id, count: req.session.count }))
      })
    })
    socket.on('who', (answer) => answer({ id: req.sessionID, user: req.session.user }))
  })
  await lab.serve(server)
  lab.ends.push(() => new Promise((resolve) => io.close(resolve)))
  const browser = lab.browser()
  const connect = async () => {
    const socket = require('socket.io-client').io('http://127.0.0.1:' + lab.port, {
      transports: [transport], extraHeaders: { cookie: cookieOf(browser) }, reconnection: false, forceNew: true
    })
    const [event] = await once(socket, 'connect', 'connect_error')
    assert.equal(event, 'connect')
    return socket
  }
  await lab.step('login', () => browser.get('/login'))
  const socket = await connect()
  await lab.step('who', () => ask(socket, 'who'), (result) => assert.deepEqual(result, { id: browser.id, user: 'ann' }))
  await lab.step('reload, change, save', () => ask(socket, 'incr'), (result) => assert.equal(result.count, 1))
  await lab.step('once more', () => ask(socket, 'incr'), (result) => assert.equal(result.count, 2))
  await lab.step('seen over HTTP', () => browser.get('/view'), (response) => assert.equal(response.body.count, 2))
  const second = await connect()
  await lab.step('a second socket of the session', () => ask(second, 'incr'), (result) => assert.equal(result.count, 3))
  await lab.step('the first goes on', () => ask(socket, 'incr'), (result) => assert.equal(result.count, 4))
  await lab.step('a room named by the session', async () => (await io.in(browser.id).fetchSockets()).length, (count) => assert.equal(count, 2))
  await lab.step('logout', () => browser.get('/logout'))
  await lab.step('reload after logout', () => ask(socket, 'incr'), (result) => assert.ok(result.error))
  socket.close()
  second.close()

  // without a cookie: the session is made by the handshake
  const stranger = lab.browser()
  await lab.step('a handshake without a cookie', async () => {
    const { body, ...response } = await stranger.get('/socket.io/?EIO=4&transport=polling')
    return { ...response, opened: /"sid":/.test(body) }
  }, (response) => {
    assert.equal(response.status, 200)
    assert.equal(response.opened, true)
    assert.equal(response.cookies.length, 1)
  })
}
