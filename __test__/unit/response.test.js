'use strict'

// What existing apps rely on: the response and its end.

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { test } = require('node:test')
const zlib = require('node:zlib')
const compression = require('compression')
const { turns, until } = require('../helpers/calls')
const { openSocket, sessionCookie } = require('../helpers/client')
const { collectGarbage } = require('../helpers/garbage')
const { serve } = require('../helpers/server')
const { middleware, session } = require('../helpers/subject')

const { MemoryStore, Store } = session

/** A store whose set waits until `release` is called. */
function slowStore () {
  const store = new Store()
  store.get = (sid, callback) => setImmediate(callback)
  store.destroy = (sid, callback) => setImmediate(callback)
  store.set = (sid, data, callback) => {
    store.saving = sid
    store.release = callback
    store.emit('saving')
  }
  return store
}

test('The status given to writeHead is set before the headers are written', async t => {
  let seen
  const app = await serve(t, middleware(), (req, res) => {
    const { touch } = req.session
    Object.defineProperty(req.session, 'touch', { value () { seen ??= res.statusCode; return touch.call(this) } })
    res.writeHead(201).end()
  })
  assert.equal((await app.get('/')).status, 201)
  assert.equal(seen, 201)
})

for (const order of ['before', 'after']) {
  for (const Kind of [MemoryStore, class Later extends MemoryStore { get (...args) { return super.get(...args) } }]) {
    test(`A body is whole and compressed with compression ${order} the session (${Kind.name})`, async t => {
      const store = new Kind()
      const steps = [middleware({ store }), compression({ threshold: 0 })]
      if (order === 'before') steps.reverse()
      const body = 'hello '.repeat(2000)
      const app = await serve(t, steps, (req, res) => {
        req.session.views = (req.session.views || 0) + 1
        res.setHeader('Content-Type', 'text/plain')
        if (req.url === '/write') res.write(body.slice(0, 100))
        res.end(req.url === '/write' ? body.slice(100) : body)
      })
      const browser = app.browser()
      for (const path of ['/', '/write']) {
        const res = await browser.get(path, { headers: { 'Accept-Encoding': 'gzip' } })
        assert.equal(res.headers['content-encoding'], 'gzip')
        assert.equal(zlib.gunzipSync(res.bytes).toString(), body)
      }
      assert.equal(JSON.parse(Object.values(store.sessions)[0]).views, 2)
      assert.deepEqual(app.errors, [])
    })
  }
}

test('A response is sent once the store has answered, though a wrapper of res.writeHead threw', async t => {
  const store = slowStore()
  let failure = new Error('not yet')
  const app = await serve(t, [middleware({ store }), (req, res, next) => {
    const { writeHead } = res
    res.writeHead = function (...args) {
      const thrown = failure
      failure = undefined
      if (thrown) throw thrown
      return writeHead.apply(this, args)
    }
    next()
  }], (req, res) => {
    res.setHeader('Content-Length', 5)
    assert.throws(() => res.end('hello'), { message: 'not yet' })
    store.release()
  })
  const res = await app.get('/')
  assert.equal(res.body, 'hello')
  assert.equal(res.setCookie.length, 1)
})

for (const call of ['touch', 'set']) {
  test(`A cookie is set when the store's ${call} changes the session at once`, async t => {
    const store = new Store()
    store.get = (sid, callback) => setImmediate(callback, null, { cookie: { originalMaxAge: 60000 }, views: 1 })
    store[call] = (sid, data, callback) => {
      data.seen = true
      setImmediate(callback)
    }
    const use = middleware({ store, resave: call === 'set', cookie: { maxAge: 60000 } })
    const app = await serve(t, use, (req, res) => res.end('hello'))
    const res = await app.get('/', { cookie: sessionCookie('some-session', 'keyboard cat') })
    assert.equal(res.setCookie.length, 1)
  })
}

test('Outer wrappers of res.write and res.end get bytes when the store answers later', async t => {
  const store = slowStore()
  store.on('saving', () => setImmediate(store.release))
  const parts = []
  const app = await serve(t, [(req, res, next) => {
    for (const name of ['write', 'end']) {
      const method = res[name]
      res[name] = function (chunk, ...rest) { parts.push(chunk); return method.call(this, chunk, ...rest) }
    }
    next()
  }, middleware({ store })], (req, res) => {
    res.setHeader('Content-Length', 5)
    res.end('hello')
  })
  await app.get('/')
  assert.deepEqual(parts, [Buffer.from('hell'), Buffer.from('o')])
})

for (const [kind, length] of [['Content-Length', 1e6], ['chunks', undefined]]) {
  test(`A session that is kept does not keep the body that was sent with it (${kind})`, async t => {
    const store = slowStore()
    store.on('saving', () => setImmediate(store.release))
    const kept = []
    const bodies = []
    const app = await serve(t, middleware({ store }), (req, res) => {
      const body = Buffer.alloc(1e6, 'x')
      kept.push(req.session)
      bodies.push(new WeakRef(body))
      if (length) res.setHeader('Content-Length', length)
      res.end(body)
    })
    for (let i = 0; i < 3; i++) assert.equal((await app.get('/')).bytes.length, 1e6)
    await until(() => {
      collectGarbage()
      return bodies.every(body => body.deref() === undefined)
    })
    assert.equal(kept.length, 3)
  })
}

for (const [kind, head, body] of [
  ['Content-Length', { 'Content-Length': '5' }, 'hello'],
  ['chunks', {}, 'hello'],
  ['no body', {}, undefined],
  ['a Buffer', { 'Content-Length': '5' }, Buffer.from('hello')]
]) {
  test(`The end of a response is held back until a later save is done (${kind})`, async t => {
    const store = slowStore()
    const app = await serve(t, middleware({ store }), (req, res) => {
      for (const [name, value] of Object.entries(head)) res.setHeader(name, value)
      res.end(body)
    })
    const client = openSocket(t, app.port)
    client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    await once(store, 'saving')
    if (body !== undefined) await until(() => client.text.includes('\r\n\r\n')) // without a body Node keeps the headers too
    await turns()

    assert.equal(isComplete(client.text), false, client.text)
    store.release()
    await client.ended
    assert.equal(isComplete(client.text), true, client.text)
    assert.match(client.text, /Set-Cookie: connect\.sid=/)
  })
}

function isComplete (text) {
  if (!text.includes('\r\n\r\n')) return false
  const [head, body] = text.split(/\r\n\r\n(.*)/s)
  const length = /content-length: (\d+)/i.exec(head)
  return length ? body.length === Number(length[1]) : body.endsWith('0\r\n\r\n')
}

test('A response goes out whole when the store answers at once', async t => {
  const app = await serve(t, middleware({ store: new MemoryStore() }), (req, res) => {
    const { write } = res
    let writes = 0
    res.write = function (...args) { writes++; return write.apply(this, args) }
    res.end('hello')
    assert.equal(writes, 0)
  })
  const res = await app.get('/')
  assert.equal(res.headers['content-length'], '5')
  assert.equal(res.body, 'hello')
  assert.deepEqual(app.errors, [])
})

for (const when of ['at once', 'later']) {
  test(`Errors after the response has started reach next(err) on a later tick (store fails ${when})`, async t => {
    const store = new Store()
    const failure = new Error('disk full')
    store.get = (sid, callback) => callback()
    store.set = (sid, data, callback) => when === 'later' ? setImmediate(callback, failure) : callback(failure)

    let ending = false
    const seen = []
    const use = middleware({ store })
    const app = await serve(t, (req, res, next) => use(req, res, err => {
      if (err) seen.push(ending)
      next(err)
    }), (req, res) => {
      ending = true
      res.end('fine')
      ending = false
    })
    const res = await app.get('/')
    await turns()
    assert.equal(res.status, 200)
    assert.equal(res.body, 'fine')
    assert.deepEqual(app.errors, [failure])
    assert.deepEqual(seen, [false], 'not while res.end was running')
  })
}
