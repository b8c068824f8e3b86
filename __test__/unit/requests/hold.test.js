'use strict'

// hold: 'headers': nothing of a response is sent before the store has answered.

const assert = require('node:assert/strict')
const { once } = require('node:events')
const http2 = require('node:http2')
const { Readable } = require('node:stream')
const { pipeline } = require('node:stream/promises')
const { test } = require('node:test')
const compression = require('compression')
const express = require('express')
const express4 = require('express4')
const { patience, turns, until } = require('../../helpers/calls')
const { connectHttp2, openSocket, request, send } = require('../../helpers/client')
const { failingStore, stores } = require('../../helpers/features')
const { serve } = require('../../helpers/server')
const { mapStore, ways } = require('../../helpers/stores')
const { middleware } = require('../../helpers/subject')

const OPTIONS = { hold: 'headers', saveUninitialized: false }

/** A store that answers `set`, `touch` and `destroy` when it is told to. */
function gatedStore () {
  const store = mapStore(ways.later)
  const waiting = []
  const calls = []
  const methods = {}
  for (const method of ['set', 'touch', 'destroy']) {
    methods[method] = store[method]
    store[method] = (...args) => {
      calls.push(method)
      const callback = args.pop()
      waiting.push(err => err ? callback(err) : methods[method](...args, callback))
    }
  }
  return {
    store,
    calls,
    isAsked: () => until(() => waiting.length > 0),
    answer (err) { waiting.shift()(err) },
    open () { Object.assign(store, methods); for (const answer of waiting.splice(0)) answer() }
  }
}

/** Sends a request over a socket; `text` is what has come. */
function ask (t, port, path = '/', headers = {}, method = 'GET') {
  const connection = openSocket(t, port)
  const lines = Object.entries({ Host: 'x', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`).join('')
  connection.write(`${method} ${path} HTTP/1.1\r\n${lines}\r\n`)
  connection.has = text => until(() => connection.text.includes(text))
  return connection
}

const ENDS = {
  'end(text)': res => res.end('hello'),
  'end()': res => res.end(),
  'write, then end': res => { res.write('hel'); res.end('lo') },
  'writes, then end': res => { for (const c of 'hello') res.write(c); res.end() },
  'writeHead, then end': res => { res.writeHead(201, { 'X-A': '1' }).end('hello') },
  'writeHead with a reason': res => { res.writeHead(201, 'Made', ['X-A', '1']); res.write('hello'); res.end() },
  'flushHeaders, then end': res => { res.flushHeaders(); res.end('hello') },
  'Content-Length': res => { res.setHeader('Content-Length', 5); res.end('hello') },
  'end(buffer, callback)': res => { res.end(Buffer.from('hello'), () => {}) },
  'end(text, encoding)': res => { res.end('68656c6c6f', 'hex') },
  'a pipe': res => { Readable.from(['he', 'l', 'lo'], { objectMode: false }).pipe(res) },
  'a 304': res => { res.statusCode = 304; res.end() },
  'a redirect': res => { res.writeHead(302, { Location: '/' }); res.end() }
}

for (const [how, end] of Object.entries(ENDS)) {
  test(`Nothing is sent before the store has answered, and then the answer is what it is without hold: ${how}`, async t => {
    const { store, calls, isAsked, answer, open } = gatedStore()
    const handle = (req, res) => { req.session.user = 'ann'; end(res) }
    const app = await serve(t, middleware({ ...OPTIONS, store }), handle)
    const plain = await serve(t, middleware({ saveUninitialized: false, store: mapStore(ways.synchronously) }), handle)

    const connection = ask(t, app.port)
    await isAsked()
    await turns(20)
    assert.equal(connection.text, '')
    assert.deepEqual(calls, ['set'])
    answer()
    await connection.has('\r\n\r\n')
    open()

    const [held, usual] = [await app.get('/'), await plain.get('/')]
    const seen = ({ status, message, body, headers }) => {
      const { date, 'set-cookie': cookies, 'keep-alive': alive, ...others } = headers
      return { status, message, body, headers: others, cookies: cookies.length }
    }
    assert.deepEqual(seen(held), seen(usual))
    assert.deepEqual(calls, ['set'], 'once')
    assert.deepEqual(app.errors, [])
  })

  test(`A store that fails is an error that can still be answered: ${how}`, async t => {
    for (const kind of ['connect-redis', 'a store that fails', 'a store that throws', 'a store that never answers']) {
      const { store, fail } = kind === 'connect-redis' ? stores[kind]() : failingStore()
      const app = await serve(t, middleware({ ...OPTIONS, store, storeTimeout: kind === 'a store that never answers' ? 20 : false }), (req, res) => {
        if (kind === 'a store that throws') store.set = () => { throw new Error('set failed') }
        else if (kind === 'a store that never answers') store.set = () => {}
        else fail('set')
        req.session.user = 'ann'
        end(res)
      })
      const response = await app.get('/')
      assert.equal(response.status, 500, kind)
      assert.match(response.body, /^(set failed|redis is down: set|the session store has not answered.*)$/)
      assert.deepEqual(response.setCookie, [], 'there is no session')
      assert.equal(response.headers.location, undefined)
      assert.equal(app.errors.length, 1)
      assert.equal((await app.get('/')).status, 500, 'and the connection lives on')
    }
  })
}

for (const [kind, make] of Object.entries(stores)) {
  test(`A redirect comes after the save (${kind})`, async t => {
    const { store, counts } = make()
    const app = express()
    app.use(middleware({ ...OPTIONS, store }))
    app.get('/login', (req, res) => { req.session.user = 'ann'; res.redirect('/') })
    app.get('/logout', (req, res) => { req.session.destroy(() => res.redirect('/')) })
    app.get('/', (req, res) => res.send(req.session.user || 'nobody'))
    const served = await serve(t, [], app)
    const browser = served.browser()
    const { status, headers } = await browser.get('/login')
    assert.deepEqual([status, headers.location], [302, '/'])
    assert.equal(counts().sets, 1)
    assert.equal((await browser.get('/')).body, 'ann')
    const head = await browser.get('/', { method: 'HEAD' })
    assert.deepEqual([head.status, head.body, head.headers['content-length']], [200, '', '3'])
    const { etag } = head.headers
    assert.equal((await browser.get('/', { headers: { 'If-None-Match': etag } })).status, 304)
    await browser.get('/logout')
    assert.equal((await browser.get('/')).body, 'nobody')
  })

  test(`One request asks the store once, however it is sent (${kind})`, async t => {
    const { store, counts } = make()
    const app = await serve(t, middleware({ ...OPTIONS, store, cookie: { maxAge: 60000 } }), async (req, res) => {
      if (req.url === '/login') await new Promise(resolve => req.session.regenerate(resolve))
      if (req.url === '/login') req.session.user = 'ann'
      if (req.url === '/change') req.session.n = (req.session.n || 0) + 1
      for (const c of 'hello') {
        res.write(c)
        await turns(2)
      }
      res.end()
    })
    const browser = app.browser()
    const difference = async path => {
      const before = counts()
      await browser.get(path)
      const after = counts()
      return [after.sets - before.sets, after.touches - before.touches]
    }
    assert.deepEqual(await difference('/login'), [1, 0])
    assert.deepEqual(await difference('/'), [0, 1])
    assert.deepEqual(await difference('/change'), [1, 0])
  })

  test(`What changes after the first byte is saved when the response ends, or when the client leaves (${kind})`, async t => {
    const { store, counts } = make()
    let clientLeft
    const app = await serve(t, middleware({ ...OPTIONS, store }), (req, res) => {
      if (req.url === '/') { req.session.user ??= 'ann'; return res.end(JSON.stringify(req.session)) }
      res.writeHead(200, { 'Content-Type': 'text/event-stream' })
      res.flushHeaders()
      res.write('data: 1\n\n')
      req.session.seen = req.url
      if (req.url === '/end') return res.end()
      if (req.url === '/late') {
        res.once('close', () => { setImmediate(() => setImmediate(() => { req.session.late = true; res.end(); clientLeft() })) })
      } else {
        res.once('close', () => setImmediate(() => setImmediate(() => clientLeft())))
      }
    })
    const browser = app.browser()
    await browser.get('/')
    await browser.get('/end')
    assert.equal(JSON.parse((await browser.get('/')).body).seen, '/end')

    for (const path of ['/stream', '/late']) {
      const left = new Promise(resolve => { clientLeft = resolve })
      const { response, abort } = send({ port: app.port, path, cookie: browser.cookie, onHeaders: () => setImmediate(() => abort()) })
      await response
      await left
      await until(async () => JSON.parse((await browser.get('/')).body).seen === path)
      if (path === '/late') await until(async () => JSON.parse((await browser.get('/')).body).late)
    }
    assert.ok(counts().sets > 0)
    assert.deepEqual(app.errors, [])
  })
}

test('A client that leaves while the store is asked loses nothing', async t => {
  const { store, isAsked, open } = gatedStore()
  let session
  const app = await serve(t, middleware({ ...OPTIONS, store }), (req, res) => {
    req.session.user = 'ann'
    res.write('data: 1\n\n')
    req.session.later = true
    session = req.session
  })
  const connection = ask(t, app.port)
  await isAsked()
  connection.socket.destroy()
  await turns(20)
  open()
  await until(() => store.kept.has(session.id) && JSON.parse(store.kept.get(session.id)).later)
  assert.deepEqual(app.errors, [])
})

test('A session destroyed after the first byte is destroyed at the end', async t => {
  const store = mapStore(ways.later)
  const app = await serve(t, middleware({ ...OPTIONS, store, unset: 'destroy' }), async (req, res) => {
    req.session.user = 'ann'
    res.write('a')
    await turns(10)
    if (req.url === '/logout') req.session = null
    res.end('b')
  })
  const browser = app.browser()
  await browser.get('/')
  assert.equal(store.kept.size, 1)
  await browser.get('/logout')
  assert.equal(store.kept.size, 0)
})

test('write returns false while the headers wait, and drain fires then', async t => {
  const { store, isAsked, answer } = gatedStore()
  const seen = []
  const app = await serve(t, middleware({ ...OPTIONS, store }), (req, res) => {
    req.session.user = 'ann'
    seen.push(res.write('a', () => seen.push('written')))
    seen.push(res.write('b', 'latin1'))
    res.once('drain', () => {
      seen.push('drain')
      seen.push(res.write('c'))
      res.end()
    })
  })
  const response = app.get('/')
  await isAsked()
  await turns(20)
  assert.deepEqual(seen, [false, false])
  answer()
  assert.equal((await response).body, 'abc')
  assert.deepEqual(seen.filter(what => what !== 'written'), [false, false, 'drain', true])
  assert.ok(seen.includes('written'))
})

test('A large body keeps its backpressure', async t => {
  const size = 5 * 1024 * 1024
  const store = mapStore(ways.later)
  let waited = 0
  const app = await serve(t, middleware({ ...OPTIONS, store }), async (req, res) => {
    req.session.user = 'ann'
    res.on('drain', () => waited++)
    function * chunks () { for (let n = 0; n < size; n += 65536) yield Buffer.alloc(65536, 97) }
    await pipeline(Readable.from(chunks()), res)
  })
  const response = await app.get('/')
  assert.equal(response.bytes.length, size)
  assert.ok(waited > 1)
  assert.deepEqual(app.errors, [])
})

test('Early hints and 102 come before the store has answered', async t => {
  const { store, isAsked, answer } = gatedStore()
  const app = await serve(t, middleware({ ...OPTIONS, store }), (req, res) => {
    req.session.user = 'ann'
    res.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' })
    res.writeProcessing()
    res.end('hello')
  })
  const connection = ask(t, app.port)
  await isAsked()
  await connection.has('102 Processing')
  assert.match(connection.text, /^HTTP\/1\.1 103 Early Hints\r\nLink: /)
  assert.doesNotMatch(connection.text, /200 OK|set-cookie/i)
  answer()
  await connection.has('hello')
})

test('The app is told of errors in the head as by Node, and a second one', async t => {
  const told = []
  const app = await serve(t, middleware({ ...OPTIONS, store: mapStore(ways.later) }), (req, res) => {
    req.session.user = 'ann'
    res.writeHead(200, { 'X-A': '1' })
    try { res.writeHead(500, { 'X-A': '2' }) } catch (err) { told.push(err.code) }
    try { res.write(5) } catch (err) { told.push(err.code) }
    res.end('hello')
  })
  const { status, body, headers } = await app.get('/')
  assert.deepEqual([status, body, headers['x-a']], [200, 'hello', '1'])
  assert.deepEqual(told, ['ERR_HTTP_HEADERS_SENT', 'ERR_INVALID_ARG_TYPE'])
})

test('What Node refuses goes to next, when it is told after the store has answered', async t => {
  const app = await serve(t, middleware({ ...OPTIONS, store: mapStore(ways.later) }), (req, res) => {
    req.session.user = 'ann'
    res.writeHead(99)
    res.end('hello')
  })
  const { status, body } = await app.get('/')
  assert.equal(status, 500)
  assert.match(body, /Invalid status code/)
})

test('res.end with a callback, and twice, is as without hold', async t => {
  const order = []
  const app = await serve(t, middleware({ ...OPTIONS, store: mapStore(ways.later) }), (req, res) => {
    req.session.user = 'ann'
    assert.equal(res.end('hello', () => order.push('first')), res)
    assert.equal(res.end('again', () => order.push('second')), res)
    res.write('late')
  })
  assert.equal((await app.get('/')).body, 'hello')
  await until(() => order.length === 2)
  assert.deepEqual(order.sort(), ['first', 'second'])
  assert.deepEqual(app.errors, [])
})

test('The error handler answers, and what the failed answer still sends is dropped', async t => {
  for (const make of [express, express4]) {
    const { store, fail } = failingStore()
    fail('set')
    const app = make()
    const uncaught = []
    app.use(middleware({ ...OPTIONS, store }))
    app.get('/', async (req, res) => {
      req.session.user = 'ann'
      res.on('error', err => uncaught.push(err))
      res.setHeader('Content-Length', 1000)
      res.setHeader('ETag', '"a"')
      res.cookie('kept', '1')
      res.write('a')
      await turns(20)
      res.write('b')
      res.end('c')
    })
    app.use((err, req, res, next) => { res.status(503).send(`sorry: ${err.message}`) })
    const { get } = await serve(t, [], app)
    const response = await get('/')
    assert.deepEqual([response.status, response.body], [503, 'sorry: set failed'])
    assert.notEqual(response.headers.etag, '"a"')
    assert.deepEqual(response.setCookie, ['kept=1; Path=/'])
    await turns(30)
    assert.deepEqual(uncaught, [])
  }
})

test('A source that is piped stops when the error was answered', async t => {
  const { store, fail } = failingStore()
  fail('set')
  let read = 0
  const app = await serve(t, middleware({ ...OPTIONS, store }), (req, res) => {
    req.session.user = 'ann'
    new Readable({ read () { read++; this.push(read > 1000 ? null : Buffer.alloc(16384)) } }).pipe(res)
  })
  assert.equal((await app.get('/')).body, 'set failed')
  await turns(20)
  assert.ok(read < 100)
})

test('A store that fails at the end of a stream is an error as without hold', async t => {
  const { store, fail } = failingStore()
  const app = await serve(t, middleware({ ...OPTIONS, store }), async (req, res) => {
    req.session.user = 'ann'
    res.write('a')
    await turns(20)
    fail('set')
    req.session.user = 'bob'
    res.end('b')
  })
  assert.equal((await app.get('/')).body, 'ab')
  await turns()
  assert.deepEqual(app.errors.map(err => err.message), ['set failed'])
})

test('A store that fails to load the session is one error', async t => {
  const { store, fail } = failingStore()
  const app = await serve(t, middleware({ ...OPTIONS, store, unset: 'destroy' }), (req, res) => { req.session.user = 'ann'; res.end('hello') })
  const browser = app.browser()
  await browser.get('/')
  fail('get', 'destroy', 'set')
  assert.equal((await browser.get('/')).body, 'get failed')
  assert.equal(app.errors[0].message, 'get failed')
})

test('A session without a JSON text is an error that can be answered', async t => {
  for (const make of Object.values(stores)) {
    const app = await serve(t, middleware({ ...OPTIONS, store: make().store }), (req, res) => { req.session.big = 1n; res.end('hello') })
    const { status, body } = await app.get('/')
    assert.equal(status, 500)
    assert.match(body, /BigInt/)
    assert.equal(app.errors.length, 1)
  }
})

test('compression, before and after the session, works', async t => {
  for (const before of [true, false]) {
    for (const kind of Object.keys(stores)) {
      const { store } = stores[kind]()
      const app = express()
      const all = [compression({ threshold: 0 }), middleware({ ...OPTIONS, store })]
      app.use(...before ? all : all.reverse())
      app.get('/stream', async (req, res) => {
        req.session.user = 'ann'
        res.type('text')
        for (let i = 0; i < 5; i++) {
          res.write('hello '.repeat(1000))
          res.flush()
          await turns(3)
        }
        res.end()
      })
      app.get('/', (req, res) => { req.session.user = 'bob'; res.type('text').send('hello '.repeat(1000)) })
      const { get } = await serve(t, [], app)
      for (const [path, length] of [['/', 6000], ['/stream', 30000]]) {
        const response = await get(path, { headers: { 'Accept-Encoding': 'gzip' } })
        assert.equal(response.headers['content-encoding'], 'gzip', `${kind} ${path} ${before}`)
        assert.equal(require('node:zlib').gunzipSync(response.bytes).length, length)
        assert.equal(response.setCookie.length, 1)
      }
    }
  }
})

for (const [how, end] of Object.entries(ENDS)) {
  test(`HTTP/2: the headers wait, and a store that fails can be answered: ${how}`, async t => {
    const { store, isAsked, answer, open } = gatedStore()
    const app = await serve(t, middleware({ ...OPTIONS, store }), (req, res) => {
      req.session.user = 'ann'
      if (how !== 'writeHead with a reason') return end(res)
      res.writeHead(201, { 'X-A': '1' }) // HTTP/2 has no reasons
      res.end('hello')
    }, http2.createServer())
    const connection = connectHttp2(app.port)
    t.after(() => connection.destroy())
    await once(connection, 'connect')
    const ask = () => request({ http2: connection, timeout: patience() })

    let come = false
    const response = ask().finally(() => { come = true })
    await isAsked()
    await turns(20)
    assert.equal(come, false)
    answer()
    const { status, body, setCookie } = await response
    const usual = how.startsWith('writeHead') ? 201 : { 'a 304': 304, 'a redirect': 302 }[how] || 200
    assert.deepEqual([status, setCookie.length], [usual, 1])
    assert.equal(body, how === 'end()' || usual > 300 ? '' : 'hello')

    const failed = ask()
    await isAsked()
    answer(new Error('set failed'))
    const told = await failed
    assert.deepEqual([told.status, told.body, told.setCookie], [500, 'set failed', []])
    open()
  })
}

const BEGINNINGS = {
  writeHead: res => { res.writeHead(200, { 'X-A': '1' }) },
  write: res => { res.write('hel') },
  flushHeaders: res => { res.flushHeaders() },
  end: res => { res.end('hello') }
}

test('headersSent holds for wrappers of the response, with two sessions that hold it, and where it was replaced', async t => {
  const seen = []
  let getter
  const look = res => seen.push([res, Object.create(res), new Proxy(res, {})].map(one => one.headersSent))
  const second = middleware({ ...OPTIONS, name: 'second', store: mapStore(ways.later) })
  const app = await serve(t, [
    middleware({ ...OPTIONS, store: mapStore(ways.later) }),
    (req, res, next) => {
      if (req.url === '/own') Object.defineProperty(res, 'headersSent', { configurable: true, value: 'own' })
      delete req.session
      next()
    },
    second
  ], (req, res) => {
    look(res)
    getter = Object.getOwnPropertyDescriptor(res, 'headersSent')
    req.session.user = 'ann'
    res.write('x')
    look(res)
    res.once('finish', () => look(res))
    res.end()
  })
  for (const path of ['/', '/own']) await request({ port: app.port, timeout: patience(), path })
  await turns()
  const copied = Object.create({ headersSent: 'of its prototype' }, { headersSent: getter })
  assert.equal(copied.headersSent, 'of its prototype')
  const all = value => [value, value, value]
  assert.deepEqual(seen, [all(false), all(true), all(true), all('own'), all(true), all('own')])
})

for (const protocol of ['HTTP/1', 'HTTP/2']) {
  test(`${protocol}: an answer that waits has begun, and nothing gets into it any more`, async t => {
    for (const [how, begin] of Object.entries(BEGINNINGS)) {
      const told = []
      const app = await serve(t, middleware({ ...OPTIONS, store: mapStore(ways.later) }), (req, res) => {
        req.session.user = 'ann'
        res.setHeader('X-B', '1')
        assert.equal(res.headersSent, false)
        begin(res)
        assert.equal(res.headersSent, true, how)
        assert.equal(Object.keys(res).includes('headersSent'), false)
        res.statusCode = 500
        for (const [method, ...args] of [['setHeader', 'Content-Length', 9], ['removeHeader', 'X-B'], ['appendHeader', 'X-B', '2']]) {
          // HTTP/2 has no appendHeader in Node 18.
          try { res[method] === undefined ? told.push(told[0]) : res[method](...args) } catch (err) { told.push(err.code) }
        }
        if (how !== 'end') res.end(how === 'write' ? 'lo' : 'hello')
      }, protocol === 'HTTP/1' ? undefined : http2.createServer())
      const over = protocol === 'HTTP/1' ? {} : { http2: connectHttp2(app.port) }
      if (over.http2) t.after(() => over.http2.destroy())
      if (over.http2) await once(over.http2, 'connect')
      const { status, body, headers, setCookie } = await request({ port: app.port, timeout: patience(), path: '/', ...over })
      assert.deepEqual([status, body, headers['x-b'], setCookie.length], [200, 'hello', '1', 1], how)
      assert.deepEqual(new Set(told), new Set([protocol === 'HTTP/1' ? 'ERR_HTTP_HEADERS_SENT' : 'ERR_HTTP2_HEADERS_SENT']))
      assert.equal(told.length, 3)
    }
  })
}

test('An error after the first byte ends the connection, as without hold, and is not mixed into the answer', async t => {
  for (const make of [express, express4]) {
    for (const [how, begin] of Object.entries(BEGINNINGS).filter(([how]) => how !== 'end')) {
      const seen = []
      const app = make()
      app.set('env', 'test')
      app.use(middleware({ ...OPTIONS, store: mapStore(ways.later) }))
      app.get('/', (req, res) => {
        req.session.user = 'ann'
        begin(res)
        throw new Error('too late')
      })
      app.use((err, req, res, next) => {
        seen.push(res.headersSent)
        if (res.headersSent) return next(err)
        res.status(500).send('another answer')
      })
      const { port } = await serve(t, [], (req, res) => app(req, res))
      await assert.rejects(request({ port, timeout: patience(), path: '/' }), { code: 'ECONNRESET' }, how)
      assert.deepEqual(seen, [true])
    }
  }
})

test('Of two answers the first is sent, when the app asks whether one was', async t => {
  const app = await serve(t, middleware({ ...OPTIONS, store: mapStore(ways.later) }), (req, res) => {
    req.session.user = 'ann'
    res.writeHead(200, { 'Content-Length': 5 }).end('first')
    if (!res.headersSent) res.writeHead(404, { 'Content-Length': 10 }).end('not found!')
  })
  const { status, body } = await app.get('/')
  assert.deepEqual([status, body], [200, 'first'])
})

test('An error on the way in can be answered with writeHead', async t => {
  const { store, fail } = failingStore()
  const use = middleware({ ...OPTIONS, store })
  const app = await serve(t, [], (req, res) => use(req, res, err => {
    if (err) return res.writeHead(503, { 'X-A': '1' }).end('sorry')
    req.session.user = 'ann'
    res.end()
  }))
  const browser = app.browser()
  await browser.get('/')
  fail('get')
  const { status, body, headers } = await browser.get('/')
  assert.deepEqual([status, body, headers['x-a']], [503, 'sorry', '1'])
})

test('What has wrapped the failed answer, or is piped into it, reaches the answer to the error no more', async t => {
  const page = 'sorry '.repeat(1e5) // more than one write takes: 'drain' comes
  for (const before of [true, false]) {
    for (const path of ['/send', '/stream', '/pipe']) {
      const { store, fail } = failingStore()
      fail('set')
      const app = express()
      const all = [compression({ threshold: 0 }), middleware({ ...OPTIONS, store })]
      app.use(...before ? all : all.reverse())
      app.get(path, (req, res) => {
        req.session.user = 'ann'
        res.type('text').set({ 'Cache-Control': 'public, max-age=600', 'Content-Language': 'de' })
        if (path === '/send') return res.send('hello '.repeat(1e5))
        if (path === '/pipe') return new Readable({ read () { this.push('x'.repeat(1e5)) } }).pipe(res)
        res.write('hello '.repeat(1e5))
        res.flush()
        res.end('end')
      })
      app.use((err, req, res, next) => {
        assert.equal(res.headersSent, false)
        assert.deepEqual(['Content-Type', 'Cache-Control', 'Content-Language'].map(name => res.get(name)), [undefined, undefined, undefined])
        res.status(503).set('X-Error', err.message)
        Readable.from([page.slice(0, 3e5), page.slice(3e5)], { objectMode: false }).pipe(res)
      })
      const { get } = await serve(t, [], app)
      const response = await get(path, { headers: { 'Accept-Encoding': 'gzip' } })
      assert.deepEqual([response.status, response.headers['x-error']], [503, 'set failed'], `${path} ${before}`)
      const { bytes } = response
      const body = response.headers['content-encoding'] === 'gzip' ? require('node:zlib').gunzipSync(bytes) : bytes
      assert.ok(String(body) === page, `${path} ${before}`)
    }
  }
})

test('A header that forbids caches to keep the answer holds for the error too', async t => {
  for (const value of ['no-store', 'private, max-age=5']) {
    const { store, fail } = failingStore()
    fail('set')
    const app = await serve(t, middleware({ ...OPTIONS, store }), (req, res) => {
      req.session.user = 'ann'
      res.setHeader('Cache-Control', value)
      res.end()
    })
    assert.equal((await app.get('/')).headers['cache-control'], value)
  }
})

test('The callbacks of writes are told that the store has failed', async t => {
  const { store, fail } = failingStore()
  fail('set')
  const told = []
  const app = await serve(t, middleware({ ...OPTIONS, store }), async (req, res) => {
    req.session.user = 'ann'
    const write = (...args) => new Promise(resolve => res.write(...args, resolve)).then(err => told.push(err.message))
    await Promise.all([write('a'), write('b', 'latin1')])
    await turns(20)
    await write('c')
  })
  assert.equal((await app.get('/')).body, 'set failed')
  await until(() => told.length === 3)
  assert.deepEqual(told, ['set failed', 'set failed', 'set failed'])
})

test('A store may fail with anything', async t => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  for (const wrong of [proxy, { get code () { throw new Error('no code') } }, Symbol('s'), Object.create(null), 1]) {
    const store = mapStore(ways.later)
    store.set = (sid, data, callback) => { setImmediate(callback, wrong) }
    const app = express()
    app.use(middleware({ ...OPTIONS, store }))
    app.get('/', (req, res) => { req.session.user = 'ann'; res.send('hello') })
    app.use((err, req, res, next) => { res.status(503).send(String(err).slice(0, 0) + 'sorry') })
    const { get } = await serve(t, [], app)
    const { status, body } = await get('/')
    assert.deepEqual([status, body], [503, 'sorry'])
  }
})

test('HTTP/2: the head of an event stream is sent with writeHead', async t => {
  const app = await serve(t, middleware({ ...OPTIONS, store: mapStore(ways.later) }), (req, res) => {
    req.session.user = 'ann'
    res.writeHead(200, { 'Content-Type': 'text/event-stream' })
  }, http2.createServer())
  const connection = connectHttp2(app.port)
  t.after(() => connection.destroy())
  const stream = connection.request({ ':path': '/' })
  const [headers] = await once(stream, 'response')
  assert.equal(headers[':status'], 200)
  assert.equal(headers['set-cookie'].length, 1)
})

test('A response with an end alone, as of sockets, works', async t => {
  const store = mapStore(ways.later)
  const req = { headers: {}, url: '/', method: 'GET' }
  let ended = 0
  const res = { end () { ended++ }, getHeader () {}, setHeader () {} }
  await new Promise((resolve, reject) => middleware({ ...OPTIONS, store })(req, res, err => err ? reject(err) : resolve()))
  req.session.user = 'ann'
  res.end()
  await until(() => ended === 1)
  assert.equal(store.kept.size, 1)
})

test('With "end", and without hold, the head is sent before the store has answered', async t => {
  for (const hold of ['end', undefined]) {
    const { store, isAsked, answer } = gatedStore()
    const app = await serve(t, middleware({ ...OPTIONS, hold, store }), (req, res) => {
      req.session.user = 'ann'
      assert.equal(Object.hasOwn(res, 'write'), false)
      assert.equal(Object.hasOwn(res, 'flushHeaders'), false)
      res.end('hello')
    })
    const connection = ask(t, app.port)
    await isAsked()
    await connection.has('200 OK')
    answer()
  }
})
