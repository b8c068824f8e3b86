'use strict'

/*
 * The least of a request and a response that a session middleware can tell from Node's: headers that
 * are kept and counted, `writeHead` called through `_implicitHeader` by the first write, nothing sent.
 */

const SOCKET = { encrypted: false, remoteAddress: '127.0.0.1' }

class Request {
  constructor (cookie) {
    this.method = 'GET'
    this.url = '/account?tab=1'
    this.originalUrl = this.url // Express's routers set it
    this.headers = cookie === undefined
      ? { host: 'localhost:3000', accept: 'text/html' }
      : { host: 'localhost:3000', accept: 'text/html', cookie }
    this.socket = SOCKET
    this.connection = SOCKET
  }
}

class Response {
  constructor (req, done) {
    this.req = req
    this.done = done
    this.statusCode = 200
    this.names = []
    this.values = []
    this._header = null
    this.finished = false
  }

  get headersSent () {
    return this._header !== null
  }

  getHeader (name) {
    return this.values[this.names.indexOf(name.toLowerCase())]
  }

  setHeader (name, value) {
    if (this._header !== null) throw new Error('the headers are sent')
    const key = name.toLowerCase()
    const at = this.names.indexOf(key)
    if (at !== -1) {
      this.values[at] = value
    } else {
      this.names.push(key)
      this.values.push(value)
    }
    return this
  }

  removeHeader (name) {
    const at = this.names.indexOf(name.toLowerCase())
    if (at === -1) return
    this.names.splice(at, 1)
    this.values.splice(at, 1)
  }

  once (event, listener) {
    return this
  }

  writeHead (statusCode) {
    this.statusCode = statusCode
    this._header = 'sent'
    return this
  }

  _implicitHeader () {
    this.writeHead(this.statusCode)
  }

  write (chunk, encoding) {
    if (this._header === null) this._implicitHeader()
    return true
  }

  end (chunk, encoding) {
    if (this.finished) return this
    if (this._header === null) this._implicitHeader()
    this.finished = true
    this.done(this)
    return this
  }
}

module.exports = { Request, Response }
