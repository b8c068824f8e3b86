'use strict'

// The forms of a response: what a client sees with sessions is what it sees without, and a cookie.

const assert = require('node:assert/strict')
const { once } = require('node:events')
const net = require('node:net')
const { Readable } = require('node:stream')
const { test } = require('node:test')
const { turns, until } = require('../helpers/calls')
const { request, serve } = require('../helpers/server')
const { kinds, mapStore, ways } = require('../helpers/stores')
const { mends, middleware, session } = require('../helpers/subject')

const HANDLERS = {
  'a text': (req, res) => res.end('hello'),
  'an empty body': (req, res) => res.end(''),
  'status 204': (req, res) => { res.statusCode = 204; res.end() },
  'status 304': (req, res) => { res.statusCode = 304; res.end() },
  'status 304 with a body that is not sent': (req, res) => { res.statusCode = 304; res.end('hello') },
  'Content-Length set by the app': (req, res) => { res.setHeader('Content-Length', '5'); res.end('hello') },
  'Content-Length as a number, and a Buffer': (req, res) => { res.setHeader('Content-Length', 5); res.end(Buffer.from('hello')) },
  'Content-Length and a Uint8Array': (req, res) => { res.setHeader('Content-Length', 5); res.end(new Uint8Array(Buffer.from('hello'))) },
  'Content-Length in bytes, and characters of several': (req, res) => { res.setHeader('Content-Length', 6); res.end('€€') },
  'Content-Length and a text in hex': (req, res) => { res.setHeader('Content-Length', 3); res.end('616263', 'hex') },
  'Content-Length of one': (req, res) => { res.setHeader('Content-Length', 1); res.end('x') },
  'Content-Length of zero': (req, res) => { res.setHeader('Content-Length', '0'); res.end() },
  'Transfer-Encoding: chunked': (req, res) => { res.setHeader('Transfer-Encoding', 'chunked'); res.end('hello') },
  'write before end': (req, res) => { res.write('hel'); res.write('lo'); res.end() },
  'write, then end with more': (req, res) => { res.write('hel'); res.end('lo') },
  'write with Content-Length': (req, res) => { res.setHeader('Content-Length', 5); res.write('hel'); res.end('lo') },
  'a stream that is piped': (req, res) => { Readable.from(['a', 'b', 'c'.repeat(100_000)]).pipe(res) },
  'a large body': (req, res) => res.end('x'.repeat(1_000_000)),
  trailers: (req, res) => {
    if (req.method === 'HEAD') return res.end()
    res.setHeader('Trailer', 'X-Sum')
    res.write('a')
    res.addTrailers({ 'X-Sum': '1' })
    res.end()
  },
  flushHeaders: (req, res) => { res.flushHeaders(); setImmediate(() => res.end('hello')) },
  'writeHead(status)': (req, res) => { res.writeHead(201); res.end('x') },
  'writeHead, chained': (req, res) => res.writeHead(201).end('x'),
  'writeHead(status, message)': (req, res) => { res.writeHead(201, 'Made'); res.end('x') },
  'writeHead(status, object)': (req, res) => { res.writeHead(201, { 'X-A': '1', 'X-B': ['2', '3'] }); res.end('x') },
  'writeHead(status, message, object)': (req, res) => { res.writeHead(201, 'Made', { 'X-A': 1 }); res.end('x') },
  'writeHead(status, flat array)': (req, res) => { res.writeHead(201, ['X-A', '1', 'X-B', '2']); res.end('x') },
  'writeHead(status, message, flat array)': (req, res) => { res.writeHead(201, 'Made', ['X-A', '1']); res.end('x') },
  'writeHead after setHeader of the same name': (req, res) => { res.setHeader('X-A', '1'); res.writeHead(200, { 'x-a': '2' }); res.end('x') },
  'writeHead(status, flat array) after setHeader of the same name': (req, res) => { res.setHeader('X-A', '1'); res.writeHead(200, ['X-A', '2']); res.end('x') },
  'writeHead with Content-Length': (req, res) => { res.writeHead(200, { 'Content-Length': 5 }); res.end('hello') },
  'headers of many kinds': (req, res) => { res.setHeader('ETag', '"x"'); res.setHeader('X-Many', ['1', '2']); res.end('x') },
  'early hints': (req, res) => { res.writeEarlyHints({ link: '</a.css>; rel=preload' }, () => {}); res.end('hello') },
  'writeContinue by the app': (req, res) => { res.writeContinue(); res.end('hello') },
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
    informed: res.informed.map(({ statusCode, headers }) => [statusCode, headers])
  }
}

for (const [kind, makeStore] of Object.entries(kinds)) {
  for (const [what, handler] of Object.entries(HANDLERS)) {
    test(`${what} (${kind})`, async t => {
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

  mends(`writeHead(status, undefined, object) sends the headers, as Node does (${kind})`, async t => {
    const app = await serve(t, middleware({ store: makeStore() }), (req, res) => {
      res.writeHead(201, undefined, { 'X-A': '1' })
      res.end('x')
    })
    const res = await app.get('/')
    assert.deepEqual([res.status, res.headers['x-a'], res.setCookie.length], [201, '1', 1])
  })

  test(`several responses on one connection do not run into each other (${kind})`, async t => {
    const app = await serve(t, middleware({ store: makeStore() }), (req, res) => {
      req.session.a = req.url
      res.end(req.url)
    })
    const socket = net.connect(app.port, '127.0.0.1')
    let text = ''
    socket.on('data', data => { text += data })
    socket.write('GET /path1 HTTP/1.1\r\nHost: a\r\n\r\nGET /path2 HTTP/1.1\r\nHost: a\r\n\r\nGET /path3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    await once(socket, 'end')
    assert.equal(text.match(/HTTP\/1\.1 200 OK/g).length, 3)
    assert.deepEqual(text.match(/\/path[123]/g), ['/path1', '/path2', '/path3'])
    assert.equal(text.match(/Set-Cookie/g).length, 3)
  })

  test(`HTTP/1.0 (${kind})`, async t => {
    const app = await serve(t, middleware({ store: makeStore() }), (req, res) => { req.session.a = 1; res.end('hello') })
    const socket = net.connect(app.port, '127.0.0.1')
    let text = ''
    socket.on('data', data => { text += data })
    socket.write('GET / HTTP/1.0\r\n\r\n')
    await once(socket, 'end')
    assert.match(text, /Set-Cookie: connect\.sid=/)
    assert.match(text, /\r\n\r\nhello$/)
  })
}

test('server-sent events: the headers with the cookie come before the first event, the session is saved at the end', async t => {
  const store = new session.MemoryStore()
  let stream
  const app = await serve(t, middleware({ store }), (req, res) => {
    req.session.a = 1
    stream = res
    res.writeHead(200, { 'Content-Type': 'text/event-stream' })
    res.write('data: 1\n\n')
  })
  const socket = net.connect(app.port, '127.0.0.1')
  let text = ''
  socket.on('data', data => { text += data })
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  await until(() => text.includes('data: 1'))
  assert.match(text, /Set-Cookie: connect\.sid=/)
  stream.write('data: 2\n\n')
  await until(() => text.includes('data: 2'))
  assert.equal(Object.keys(store.sessions).length, 0)
  stream.end()
  await once(socket, 'end')
  assert.equal(Object.keys(store.sessions).length, 1)
})

test('Expect: 100-continue', async t => {
  const app = await serve(t, middleware(), (req, res) => {
    req.resume().on('end', () => res.end('hello'))
  })
  const socket = net.connect(app.port, '127.0.0.1')
  let text = ''
  socket.on('data', data => { text += data })
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n')
  await until(() => text.includes('100 Continue'))
  socket.write('abc')
  await once(socket, 'end')
  assert.match(text, /200 OK[^]*hello/)
  assert.match(text, /Set-Cookie: connect\.sid=/)
})

for (const when of ['before the app ends the response', 'while the store saves']) {
  test(`a client that goes away ${when} ends nothing else`, async t => {
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
    const socket = net.connect(app.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await until(() => response && (release || when !== 'while the store saves'))
    socket.destroy()
    await until(() => closed.length > 0)
    if (release) release()
    else response.end('too late')
    await turns()
    assert.equal(store.kept.size, 1, 'the session is saved all the same')
    store.set = (sid, data, callback) => callback()
    assert.equal((await request(app.port, '/other')).body, 'fine')
    assert.deepEqual(app.errors, [])
  })
}

mends('a body of another length than strictContentLength allows: an error for next, not for the process (a store that answers later)', async t => {
  const app = await serve(t, middleware({ store: mapStore(ways.later) }), (req, res) => {
    res.strictContentLength = true
    res.setHeader('Content-Length', 10)
    res.end('hello')
  })
  const socket = net.connect(app.port, '127.0.0.1')
  t.after(() => socket.destroy())
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await until(() => app.errors.length > 0)
  assert.equal(app.errors[0].code, 'ERR_HTTP_CONTENT_LENGTH_MISMATCH')
  assert.equal(app.errors.length, 1)
})
