'use strict'

// Test doubles of responses get their cookie. The suite `runners` has node-mocks-http and light-my-request themselves.

const assert = require('node:assert/strict')
const http = require('node:http')
const { test } = require('node:test')
const { turns } = require('../../helpers/calls')
const { kinds } = require('../../helpers/stores')
const { deviation, middleware } = require('../../helpers/subject')

/** A response as node-mocks-http makes it: no method calls another, and by default it emits nothing. */
function mockResponse () {
  const headers = {}
  return {
    headersSent: false,
    statusCode: 200,
    body: '',
    getHeader: name => headers[name.toLowerCase()],
    setHeader: (name, value) => { headers[name.toLowerCase()] = value },
    once () { return this },
    writeHead (status) {
      this.statusCode = status
      this.headersSent = true
      return this
    },
    write (chunk) {
      this.headersSent = true
      this.body += chunk
    },
    end (chunk, encoding, callback) {
      this.headersSent = true
      if (typeof chunk === 'string') this.body += chunk
      else assert.ok(chunk == null, 'a mock keeps texts and buffers apart')
      this.ended = true
      if (callback) callback()
    },
    flushHeaders () { this.headersSent = true },
    send (text) {
      this.body = text
      this.headersSent = true
      this.end()
    }
  }
}

const MOCKS = {
  'as of node-mocks-http': mockResponse,
  'with the prototype that Express sets': () => Object.setPrototypeOf(mockResponse(), http.ServerResponse.prototype),
  'with four methods' () {
    const { getHeader, setHeader, writeHead, end } = mockResponse()
    return { statusCode: 200, body: '', getHeader, setHeader, writeHead, end }
  },
  'without writeHead' () {
    const { getHeader, setHeader, end } = mockResponse()
    return { statusCode: 200, body: '', getHeader, setHeader, end }
  },
  'without getHeader' () {
    const { getHeader, setHeader, end } = mockResponse()
    return { statusCode: 200, body: '', seen: getHeader, setHeader, end }
  }
}

const ANSWERS = {
  'end(body)': res => { res.end('body') },
  'end(body) with a Content-Length': res => { res.setHeader('Content-Length', '4'); res.end('body') },
  'end() after writeHead': res => { res.writeHead(200); res.end('body') },
  'end() after write': res => { res.write('bo'); res.end('dy') },
  'end() after send': res => { res.send('body') },
  'end() after flushHeaders': res => { res.flushHeaders(); res.end('body') }
}

for (const [kind, makeStore] of Object.entries(kinds)) {
  for (const [what, makeResponse] of Object.entries(MOCKS)) {
    deviation(`A mock response ${what} gets its cookie and its body (${kind})`, async () => {
      const use = middleware({ store: makeStore() })
      for (const [how, answer] of Object.entries(ANSWERS)) {
        const res = makeResponse()
        if (/after (\w+)/.test(how) && !res[/after (\w+)/.exec(how)[1]]) continue
        const errors = []
        use({ headers: {}, url: '/' }, res, err => err ? errors.push(err) : answer(res))
        await turns()
        assert.deepEqual(errors, [], how)
        const [cookie] = (res.getHeader || res.seen)('Set-Cookie') || []
        assert.match(String(cookie), /^connect\.sid=s%3A/, how)
        assert.equal(res.body, 'body', how)
        assert.equal(res.ended, true, how)

        // Its cookie opens the session again.
        let found
        const again = makeResponse()
        const req = { headers: { cookie: cookie.split(';')[0] }, url: '/' }
        await new Promise(resolve => use(req, again, () => { found = req.sessionID; again.end(); resolve() }))
        assert.ok(cookie.includes(encodeURIComponent(`s:${found}.`)), how)
      }
    })

    deviation(`The callback of end is called by a mock response ${what} (${kind})`, async () => {
      const use = middleware({ store: makeStore() })
      for (const args of [[], ['body'], ['body', 'utf8']]) {
        let calls = 0
        const res = makeResponse()
        use({ headers: {}, url: '/' }, res, err => { assert.ifError(err); res.end(...args, () => { calls++ }) })
        await turns()
        assert.equal(calls, 1)
        assert.equal(res.ended, true)
      }
    })
  }

  test(`A response of node:http without a connection gets its cookie (${kind})`, async () => {
    const use = middleware({ store: makeStore() })
    const req = Object.assign(new http.IncomingMessage(), { url: '/', method: 'GET' })
    const res = new http.ServerResponse(req)
    use(req, res, err => { assert.ifError(err); res.end('body') })
    await turns()
    assert.match(res.getHeader('Set-Cookie')[0], /^connect\.sid=s%3A/)
  })
}
