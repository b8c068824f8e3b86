'use strict'

// A client sees the response that it would see without sessions, and a cookie. The differential suite has more forms.

const assert = require('node:assert/strict')
const { Readable } = require('node:stream')
const { test } = require('node:test')
const { turns, until } = require('../../helpers/calls')
const { openSocket } = require('../../helpers/client')
const { serve } = require('../../helpers/server')
const { kinds, mapStore, ways } = require('../../helpers/stores')
const { deviation, middleware, session } = require('../../helpers/subject')

const HANDLERS = {
  'a large stream': (req, res) => { Readable.from(['a', 'b', 'c'.repeat(100_000)]).pipe(res) },
  trailers: (req, res) => {
    if (req.method === 'HEAD') return res.end()
    res.setHeader('Trailer', 'X-Sum')
    res.write('a')
    res.addTrailers({ 'X-Sum': '1' })
    res.end()
  },
  'headers flushed before a later end': (req, res) => { res.flushHeaders(); setImmediate(() => res.end('hello')) },
  'writeHead(status, object) after setHeader': (req, res) => { res.setHeader('X-A', '1'); res.writeHead(200, { 'x-a': '2' }); res.end('x') },
  'writeHead(status, array) after setHeader': (req, res) => { res.setHeader('X-A', '1'); res.writeHead(200, ['X-A', '2']); res.end('x') },
  'headers of several values': (req, res) => { res.setHeader('ETag', '"x"'); res.setHeader('X-Many', ['1', '2']); res.end('x') },
  writeContinue: (req, res) => { res.writeContinue(); res.end('hello') },
  writeProcessing: (req, res) => { res.writeProcessing(); res.end('hello') }
}

/** What a client sees, but for what differs from request to request. */
function seen (res) {
  const headers = { ...res.headers }
  for (const name of ['date', 'set-cookie', 'content-length', 'transfer-encoding', 'keep-alive']) delete headers[name]
  return {
    status: res.status,
    message: res.message,
    headers,
    dated: typeof res.headers.date,
    body: res.body,
    trailers: res.trailers,
    informational: res.informational.map(({ status, headers }) => [status, headers])
  }
}

for (const [kind, makeStore] of Object.entries(kinds)) {
  for (const [what, handler] of Object.entries(HANDLERS)) {
    test(`A response with ${what} is what it is without sessions (${kind})`, async t => {
      const store = makeStore()
      const plain = await serve(t, [], handler)
      const app = await serve(t, middleware({ store }), (req, res) => {
        req.session.views = (req.session.views || 0) + 1
        handler(req, res)
      })
      const browser = app.browser()
      const [expected, first] = [await plain.get('/'), await browser.get('/')]
      assert.deepEqual(seen(first), seen(expected))
      assert.equal(first.setCookie.length, 1)
      assert.deepEqual(seen(await browser.get('/')), seen(expected))

      const head = await browser.get('/', { method: 'HEAD' })
      assert.deepEqual(seen(head), seen(await plain.get('/', { method: 'HEAD' })))

      const text = store.kept ? [...store.kept.values()][0] : Object.values(store.sessions)[0]
      assert.equal(JSON.parse(text).views, 3)
      assert.deepEqual(app.errors, [])
    })
  }

  deviation(`writeHead(status, undefined, object) sends the headers, as Node does (${kind})`, async t => {
    const app = await serve(t, middleware({ store: makeStore() }), (req, res) => {
      res.writeHead(201, undefined, { 'X-A': '1' })
      res.end('x')
    })
    const res = await app.get('/')
    assert.deepEqual([res.status, res.headers['x-a'], res.setCookie.length], [201, '1', 1])
  })

  test(`Pipelined requests get their own responses (${kind})`, async t => {
    const app = await serve(t, middleware({ store: makeStore() }), (req, res) => {
      req.session.a = req.url
      res.end(req.url)
    })
    const client = openSocket(t, app.port)
    client.write('GET /path1 HTTP/1.1\r\nHost: a\r\n\r\nGET /path2 HTTP/1.1\r\nHost: a\r\n\r\nGET /path3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    await client.ended
    assert.equal(client.text.match(/HTTP\/1\.1 200 OK/g).length, 3)
    assert.deepEqual(client.text.match(/\/path[123]/g), ['/path1', '/path2', '/path3'])
    assert.equal(client.text.match(/Set-Cookie/g).length, 3)
  })

  test(`HTTP/1.0 gets the body and the cookie (${kind})`, async t => {
    const app = await serve(t, middleware({ store: makeStore() }), (req, res) => { req.session.a = 1; res.end('hello') })
    const client = openSocket(t, app.port)
    client.write('GET / HTTP/1.0\r\n\r\n')
    await client.ended
    assert.match(client.text, /Set-Cookie: connect\.sid=/)
    assert.match(client.text, /\r\n\r\nhello$/)
  })
}

test('Server-sent events have their headers and cookie first, and their session saved at the end', async t => {
  const store = new session.MemoryStore()
  let stream
  const app = await serve(t, middleware({ store }), (req, res) => {
    req.session.a = 1
    stream = res
    res.writeHead(200, { 'Content-Type': 'text/event-stream' })
    res.write('data: 1\n\n')
  })
  const client = openSocket(t, app.port)
  client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  await until(() => client.text.includes('data: 1'))
  assert.match(client.text, /Set-Cookie: connect\.sid=/)
  stream.write('data: 2\n\n')
  await until(() => client.text.includes('data: 2'))
  assert.equal(Object.keys(store.sessions).length, 0)
  stream.end()
  await client.ended
  assert.equal(Object.keys(store.sessions).length, 1)
})

test('Expect: 100-continue is answered', async t => {
  const app = await serve(t, middleware(), (req, res) => {
    req.resume().on('end', () => res.end('hello'))
  })
  const client = openSocket(t, app.port)
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n')
  await until(() => client.text.includes('100 Continue'))
  client.write('abc')
  await client.ended
  assert.match(client.text, /200 OK[^]*hello/)
  assert.match(client.text, /Set-Cookie: connect\.sid=/)
})

for (const when of ['before the app ends the response', 'while the store saves']) {
  test(`A client that goes away ${when} does no harm`, async t => {
    const store = mapStore(ways.later)
    let release
    if (when === 'while the store saves') {
      const { set } = store
      store.set = (sid, data, callback) => { release = () => set(sid, data, callback) }
    }
    let response
    const closed = []
    const app = await serve(t, middleware({ store }), (req, res) => {
      if (req.url === '/other') return res.end('fine')
      response = res
      res.on('close', () => closed.push('close'))
      req.session.a = 1
      if (when === 'while the store saves') res.end('hello')
    })
    const client = openSocket(t, app.port)
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await until(() => response && (release || when !== 'while the store saves'))
    client.socket.destroy()
    await until(() => closed.length > 0)
    if (release) release()
    else response.end('too late')
    await turns()
    assert.equal(store.kept.size, 1, 'the session is saved all the same')
    store.set = (sid, data, callback) => callback()
    assert.equal((await app.get('/other')).body, 'fine')
    assert.deepEqual(app.errors, [])
  })
}

deviation('A body that strictContentLength forbids is an error for next when the store answers later', async t => {
  const app = await serve(t, middleware({ store: mapStore(ways.later) }), (req, res) => {
    res.strictContentLength = true
    res.setHeader('Content-Length', 10)
    res.end('hello')
  })
  const client = openSocket(t, app.port)
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await until(() => app.errors.length > 0)
  assert.equal(app.errors[0].code, 'ERR_HTTP_CONTENT_LENGTH_MISMATCH')
  assert.equal(app.errors.length, 1)
})
