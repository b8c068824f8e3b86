'use strict'

// Bad input leads to an error for next or a callback, or to a new session. It never leads to an uncaught exception or
// to another user's session. The differential suite has more: what upstream does not break at.

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { test } = require('node:test')
const fc = require('fast-check')
const upstream = require('express-session')
const { ask, turns } = require('../helpers/calls')
const { openSocket } = require('../helpers/client')
const { serve } = require('../helpers/server')
const { mapStore, ways } = require('../helpers/stores')
const { middleware, session } = require('../helpers/subject')

const { MemoryStore } = session
const SECRET = 'keyboard cat'
const theirs = options => upstream({ secret: SECRET, resave: false, saveUninitialized: true, ...options })

/** An uncaught exception or an unhandled rejection fails the test that is running: node:test sees to that. */
const makers = { 'our MemoryStore': () => new MemoryStore(), 'another store': () => mapStore(ways.later) }

for (const [kind, makeStore] of Object.entries(makers)) {
  test(`A Cookie header of any bytes opens the session that it names, or a new one (${kind})`, async t => {
    const app = await serve(t, middleware({ store: makeStore() }), (req, res) => {
      if (req.url === '/login') req.session.user = 'ann'
      res.end(req.session.user || 'nobody')
    })
    const { cookie } = await app.get('/login')
    const value = cookie.slice('connect.sid='.length)
    const [sid, mac] = decodeURIComponent(value).slice(2).split('.')

    const byte = fc.integer({ min: 0, max: 255 }).filter(code => code === 9 || (code > 31 && code !== 127))
    const bytes = fc.array(byte, { maxLength: 200 }).map(codes => Buffer.from(codes))
    const near = fc.tuple(fc.nat(cookie.length - 1), bytes).map(([at, change]) =>
      Buffer.concat([Buffer.from(cookie.slice(0, at)), change.subarray(0, 3), Buffer.from(cookie.slice(at + 1))]))

    const client = openSocket(t, app.port)
    await fc.assert(fc.asyncProperty(fc.oneof(bytes, near), async header => {
      const body = await rawRequest(client, header)
      const opened = /nobody$/.test(body) ? undefined : 'ann'
      const text = header.toString('latin1').replace(/%2B/gi, '+').replace(/%2F/gi, '/')
      if (opened) assert.ok(text.includes(sid) && text.includes(mac.slice(0, 10)) && text.includes(mac.slice(-10)), text)
      assert.match(body, /^HTTP\/1\.1 200 OK/)
    }), { numRuns: 150 })
    assert.deepEqual(app.errors, [])
  })
}

/** A request with a Cookie header of these bytes, on a connection that stays. */
async function rawRequest (client, header) {
  client.text = ''
  client.write(Buffer.concat([Buffer.from('GET / HTTP/1.1\r\nHost: a\r\nCookie: '), header, Buffer.from('\r\n\r\n')]))
  const refused = () => /^HTTP\/1\.1 [45][^]*\r\n\r\n$/.test(client.text)
  while (!/(nobody|ann)(\r\n0\r\n\r\n)?$/.test(client.text) && !refused()) await once(client.socket, 'data')
  return client.text.replace(/\r\n0\r\n\r\n$/, '')
}

for (const [kind, makeStore] of Object.entries(makers)) {
  test(`A session cookie is found in the longest header that Node accepts (${kind})`, async t => {
    const app = await serve(t, middleware({ store: makeStore() }), (req, res) => { req.session.user ??= req.url; res.end(req.session.user) })
    const { cookie } = await app.get('/ann')
    const room = 15_000
    for (const filler of ['a=b; '.repeat(room / 5), 'x'.repeat(room) + '; ', ';'.repeat(room), 'connect.sidx=1; '.repeat(room / 16), `a=${'%41'.repeat(room / 3)}; `]) {
      assert.equal((await app.get('/other', { cookie: filler + cookie })).body, '/ann')
    }
    const res = await app.get('/', { cookie: 'x'.repeat(20_000) })
    assert.equal(res.status, 431)
  })
}

const NO_TEXT = {
  'a cycle' (req) { req.session.self = req.session },
  'a BigInt' (req) { req.session.big = 1n },
  'a toJSON that throws' (req) { req.session.bad = { toJSON () { throw new Error('toJSON') } } }
}

// More of the kind is in the differential suite; upstream throws these out of the middleware or a timer.
const SPOILED = {
  'a getter that throws' (req) { Object.defineProperty(req.session, 'bad', { enumerable: true, get () { throw new Error('getter') } }) },
  'a toJSON of its own that throws' (req) { req.session.toJSON = () => { throw new Error('own toJSON') } },
  'a deep nesting' (req) { let at = req.session; for (let i = 0; i < 100_000; i++) at = at.next = {} },
  'a cookie that is null' (req) { req.session.cookie = null },
  'a cookie that is a string' (req) { req.session.cookie = 'x' },
  'a cookie without methods' (req) { req.session.cookie = { path: '/' } },
  'an invalid date' (req) { req.session.cookie.expires = new Date(NaN) }
}

for (const [kind, makeStore] of Object.entries(makers)) {
  for (const [what, spoil] of Object.entries(SPOILED)) {
    for (const state of ['new', 'loaded']) {
      test(`A request is answered when its ${state} session has ${what} (${kind})`, async t => {
        const store = makeStore()
        const app = await serve(t, middleware({ store }), (req, res) => {
          if (req.url === '/spoil') spoil(req)
          else req.session.a = 1
          res.end('answered')
        })
        const browser = app.browser()
        if (state === 'loaded') await browser.get('/')
        const res = await browser.get('/spoil')
        await turns()
        assert.equal(res.body, 'answered')
        assert.ok(app.errors.every(err => err instanceof Error), String(app.errors))
        assert.equal((await app.get('/')).body, 'answered', 'the store goes on')
        if (state === 'loaded') assert.equal((await browser.get('/')).body, 'answered')
      })
    }

    test(`session.save ends exactly once when the session has ${what} (${kind})`, async t => {
      const store = makeStore()
      const outcomes = []
      const app = await serve(t, middleware({ store }), (req, res) => {
        spoil(req)
        const end = () => { req.session = null; res.end('answered') }
        try {
          req.session.save(err => { outcomes.push(err ? 'error' : 'saved'); end() })
        } catch {
          outcomes.push('thrown')
          end()
        }
      })
      assert.equal((await app.get('/')).body, 'answered')
      assert.equal(outcomes.length, 1)
    })
  }

  test(`session.save reports data that JSON cannot write, to its callback on a later tick or by throwing (${kind})`, async t => {
    for (const [what, spoil] of Object.entries(NO_TEXT)) {
      const app = await serve(t, middleware({ store: makeStore() }), (req, res) => {
        spoil(req)
        assert.throws(() => req.session.save(), Error)
        let later = false
        req.session.save(err => {
          req.session = null
          res.end(`${err instanceof Error} ${later}`)
        })
        later = true
      })
      assert.equal((await app.get('/')).body, 'true true', what)
      assert.deepEqual(app.errors, [])
    }
  })

  for (const how of ['freeze', 'seal', 'preventExtensions']) {
    test(`Object.${how}(req.session) loses no data (${kind})`, async t => {
      const app = await serve(t, middleware({ store: makeStore() }), (req, res) => {
        if (req.url === '/freeze') { req.session.a = 1; Object[how](req.session) }
        res.end(String(req.session.a))
      })
      const browser = app.browser()
      for (const path of ['/', '/freeze', '/', '/freeze']) await browser.get(path)
      assert.equal((await browser.get('/')).body, '1')
      assert.deepEqual(app.errors, [])
    })
  }
}

for (const [what, genid, expected] of [
  ['gives null', () => null, 'no cookie'],
  ['gives a promise', async () => 'x', 'no cookie'],
  ['gives half a surrogate pair', () => '\ud800', 'error']
]) {
  test(`A genid that ${what} leads to ${expected}, as upstream`, async t => {
    for (const use of [theirs({ genid }), middleware({ genid }), middleware({ genid, store: mapStore(ways.later) })]) {
      const app = await serve(t, (req, res, next) => {
        try {
          use(req, res, next)
        } catch (err) {
          next(err) // as Express does
        }
      }, (req, res) => { req.session.a = 1; res.end('answered') })
      const res = await app.get('/')
      await turns()
      const outcome = app.errors.length > 0 ? 'error' : res.setCookie.length > 0 ? 'cookie' : 'no cookie'
      assert.equal(outcome, expected)
    }
  })
}

test('A session of one browser never reaches another browser', async t => {
  const app = await serve(t, middleware(), (req, res) => {
    req.session.owner ??= req.url
    res.end(req.session.owner)
  })
  const browsers = Array.from({ length: 20 }, () => app.browser())
  for (let round = 0; round < 5; round++) {
    const bodies = await Promise.all(browsers.map((browser, i) => browser.get('/' + i)))
    assert.deepEqual(bodies.map(res => res.body), browsers.map((browser, i) => '/' + i))
  }
})

test('Attributes that would break out of the header are refused when the middleware is made (CVE-2024-47764)', () => {
  for (const options of [{ name: 'a;b' }, { name: 'a=b' }, { name: 'a\r\nX: 1' }, { cookie: { domain: 'a;b' } }, { cookie: { domain: 'x\r\nX: 1' } }, { cookie: { path: '/;x' } }]) {
    assert.throws(() => middleware(options), TypeError, JSON.stringify(options))
  }
})

test('A request without headers or without a URL does not crash the process', () => {
  const use = middleware()
  for (const req of [{ headers: {} }, { headers: {}, url: undefined }, { headers: {}, url: '' }, { headers: { cookie: '' }, url: '//' }, { headers: {}, url: 'http://[' }]) {
    let outcome
    try {
      use(req, { end () {} }, err => { outcome = err || 'next' })
    } catch (err) {
      outcome = err
    }
    assert.ok(outcome === 'next' || outcome instanceof Error, JSON.stringify(req))
  }
})

test('MemoryStore takes ids of any text and any length', async () => {
  const store = new MemoryStore()
  for (const sid of ['', 'x'.repeat(10_000), 'x'.repeat(1_000_000), '\ud800'.repeat(100)]) {
    await ask(store, 'set', sid, { cookie: {}, n: sid.length })
    assert.equal((await ask(store, 'get', sid)).n, sid.length)
    await ask(store, 'destroy', sid)
    assert.equal(await ask(store, 'get', sid), undefined)
  }
})
