'use strict'

/*
 * The HTTP client of all tests. A response has what its client saw: the headers as they were sent, what
 * came before them, whether the body is complete.
 */

const crypto = require('node:crypto')
const http = require('node:http')
const http2 = require('node:http2')
const net = require('node:net')

const HOST = '127.0.0.1'

/**
 * Sends one request. Without an agent it has a connection of its own; with `http2`, a session that
 * `connectHttp2` opened, it goes over HTTP/2.
 *
 * @return {{ response: Promise, abort: function }} `response` is never rejected: its `error` says what failed
 */
function send ({ cookie, headers, ...options }) {
  const all = { ...headers, ...(cookie && { cookie }) }
  return options.http2 ? sendHttp2(all, options) : sendHttp1(all, options)
}

/** Sends one request and waits for the whole response; rejects when it fails. */
async function request (options) {
  const response = await send(options).response
  if (response.error) throw response.error
  return response
}

function sendHttp1 (headers, { port, path = '/', method = 'GET', body, agent = false, timeout, signal, onHeaders }) {
  const req = http.request({ host: HOST, port, path, method, headers, agent, timeout, signal })
  const informational = []
  const chunks = []

  const response = new Promise((resolve) => {
    let response
    req.on('information', ({ statusCode: status, headers, rawHeaders }) => {
      informational.push({ status, headers, rawHeaders: pairs(rawHeaders) })
    })
    req.on('timeout', () => req.destroy(new Error('no answer')))
    // Once there is a response, it says itself how it ends.
    req.on('error', (error) => {
      if (response === undefined) resolve(describe({ error, informational, chunks }))
    })
    req.on('response', (res) => {
      let error
      response = res
      res.on('data', (chunk) => chunks.push(chunk))
      res.on('error', (err) => { error = err })
      res.on('close', () => resolve(describe({
        error,
        status: res.statusCode,
        message: res.statusMessage,
        version: res.httpVersion,
        headers: res.headers,
        rawHeaders: pairs(res.rawHeaders),
        trailers: res.trailers,
        rawTrailers: res.rawTrailers,
        complete: res.complete,
        informational,
        chunks
      })))
      if (onHeaders) onHeaders(req)
    })
  })
  req.end(body)
  return { response, abort: () => req.destroy() }
}

function sendHttp2 (headers, { http2: session, path = '/', method = 'GET', body, timeout }) {
  const stream = session.request({ ':path': path, ':method': method, ...headers })
  const chunks = []
  let received
  let error

  const response = new Promise((resolve) => {
    if (timeout) stream.setTimeout(timeout, () => stream.close(http2.constants.NGHTTP2_CANCEL))
    stream.on('response', (given) => { received = given })
    stream.on('data', (chunk) => chunks.push(chunk))
    stream.on('error', (err) => { error = err })
    stream.on('close', () => {
      if (!error && stream.rstCode !== 0) error = new Error(`the stream was reset: ${stream.rstCode}`)
      const names = Object.keys(received || {}).filter((name) => !name.startsWith(':'))
      resolve(describe({
        error,
        status: received && received[':status'],
        headers: Object.fromEntries(names.map((name) => [name, received[name]])),
        rawHeaders: names.flatMap((name) => [].concat(received[name]).map((value) => [name, String(value)])),
        complete: !error,
        informational: [],
        chunks
      }))
    })
  })
  stream.end(body)
  return { response, abort: () => stream.close() }
}

/** A session of node:http2; failures show in its requests. */
function connectHttp2 (port, { tls = false } = {}) {
  const session = http2.connect(`${tls ? 'https' : 'http'}://${HOST}:${port}`, { rejectUnauthorized: false })
  session.on('error', () => {})
  return session
}

function describe ({ chunks, headers = {}, ...response }) {
  const bytes = Buffer.concat(chunks)
  const setCookie = headers['set-cookie'] || []
  return {
    ...response,
    headers,
    bytes,
    get body () { return bytes.toString() },
    setCookie,
    /** What a client sends from now on. */
    cookie: setCookie.map((line) => line.split(';', 1)[0]).join('; ')
  }
}

function pairs (raw) {
  return Array.from({ length: raw.length / 2 }, (_, i) => [raw[2 * i], raw[2 * i + 1]])
}

/** A client that keeps its cookies. `target` has the port, and may have other defaults of its requests. */
class Browser {
  constructor (target, cookies = {}) {
    this.target = target
    this.cookies = new Map(Object.entries(cookies))
  }

  /** The Cookie header. */
  get cookie () {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  /** Another browser with the same cookies. */
  copy () {
    return new this.constructor(this.target, Object.fromEntries(this.cookies))
  }

  async get (path, options) {
    const { port, agent, timeout } = this.target
    const response = await request({ port, agent, timeout, path, cookie: this.cookie, ...options })
    for (const line of response.setCookie) this.accept(line)
    return response
  }

  accept (line) {
    const { name, value } = parseSetCookie(line)
    if (value === '') this.cookies.delete(name)
    else this.cookies.set(name, value)
  }
}

/** A connection for requests as they are written; `text` is all that came back. */
function openSocket (t, port) {
  const socket = net.connect(port, HOST)
  const connection = {
    socket,
    text: '',
    write: (data) => socket.write(data),
    ended: new Promise((resolve) => socket.once('end', resolve))
  }
  socket.setEncoding('latin1')
  socket.on('data', (data) => { connection.text += data })
  socket.on('error', () => {})
  t.after(() => socket.destroy())
  return connection
}

/** { name, value, attributes } of a Set-Cookie line. */
function parseSetCookie (line) {
  const [pair, ...attributes] = line.split(/; ?/)
  const equals = pair.indexOf('=')
  return { name: pair.slice(0, equals), value: pair.slice(equals + 1), attributes }
}

/** `sid` with its signature, as cookie-signature makes it. */
function sign (sid, secret) {
  return `${sid}.${crypto.createHmac('sha256', secret).update(sid).digest('base64').replace(/=+$/, '')}`
}

/** { sid, signature } of a session cookie's value; without a signature, `sid` is the whole. */
function splitSigned (value) {
  let text = value
  try {
    text = decodeURIComponent(value)
  } catch {}
  if (!text.startsWith('s:')) return { sid: text, signature: undefined }
  const dot = text.lastIndexOf('.')
  return { sid: text.slice(2, dot), signature: text.slice(dot + 1) }
}

/** The Cookie header that a client with a session sends. */
function sessionCookie (sid, secret, name = 'connect.sid') {
  return `${name}=${encodeURIComponent(`s:${sign(sid, secret)}`)}`
}

module.exports = { Browser, connectHttp2, openSocket, parseSetCookie, request, send, sessionCookie, sign, splitSigned }
