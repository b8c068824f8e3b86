'use strict'

// Bad input gives an error through next or a callback, or a new session: never an uncaught exception, never another
// user's session. Where upstream does not break, it is the same as upstream's.

const assert = require('node:assert/strict')
const { once } = require('node:events')
const net = require('node:net')
const { test } = require('node:test')
const fc = require('fast-check')
const signature = require('cookie-signature')
const upstream = require('express-session')
const { ask, turns } = require('./helpers/calls')
const { serve } = require('./helpers/server')
const { mapStore, ways } = require('./helpers/stores')
const { middleware, session } = require('./helpers/subject')

const { MemoryStore } = session
const SECRET = 'keyboard cat'
const theirs = options => upstream({ secret: SECRET, resave: false, saveUninitialized: true, ...options })
const signed = sid => 'connect.sid=' + encodeURIComponent('s:' + signature.sign(sid, SECRET))

/** An uncaught exception or an unhandled rejection fails the test that is running: node:test sees to that. */
const makers = { 'our MemoryStore': () => new MemoryStore(), 'another store': () => mapStore(ways.later) }

for (const [kind, makeStore] of Object.entries(makers)) {
  test(`a Cookie header of any bytes (${kind}): a new session, or the very one that it names`, async t => {
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

    const socket = net.connect(app.port, '127.0.0.1')
    t.after(() => socket.destroy())
    await fc.assert(fc.asyncProperty(fc.oneof(bytes, near), async header => {
      const body = await rawRequest(socket, header)
      const opened = /nobody$/.test(body) ? undefined : 'ann'
      const text = header.toString('latin1').replace(/%2B/gi, '+').replace(/%2F/gi, '/')
      if (opened) assert.ok(text.includes(sid) && text.includes(mac.slice(0, 10)) && text.includes(mac.slice(-10)), text)
      assert.match(body, /^HTTP\/1\.1 200 OK/)
    }), { numRuns: 150 })
    assert.deepEqual(app.errors, [])
  })
}

/** A request with a Cookie header of these bytes, on a connection that stays. */
async function rawRequest (socket, header) {
  socket.write(Buffer.concat([Buffer.from('GET / HTTP/1.1\r\nHost: a\r\nCookie: '), header, Buffer.from('\r\n\r\n')]))
  let text = ''
  while (!/(nobody|ann)(\r\n0\r\n\r\n)?$/.test(text)) {
    const [data] = await once(socket, 'data')
    text += data.toString('latin1')
    if (/\r\n\r\n$/.test(text) && /^HTTP\/1\.1 [45]/.test(text)) break
  }
  return text.replace(/\r\n0\r\n\r\n$/, '')
}

const VALUES = {
  empty: '',
  'a quote': '"',
  unsigned: 'plain',
  's: alone': 's:',
  'without an id': 's:.x',
  'a dot': 's:.',
  'a broken escape': '%',
  'half an escape': 's%3',
  'UTF-8 that is none': 's%3A%FF%FE.x',
  'a signature too short': signed('x').slice(12, -1),
  'a signature doubled': signed('x').slice(12) + signed('x').slice(-43),
  'another secret': encodeURIComponent('s:' + signature.sign('x', 'other')),
  'an id without a signature': 's%3Aabc',
  'a signature with equals signs': signed('x').slice(12) + '%3D',
  'thousands of dots': 's:' + '.'.repeat(5000),
  'an id of another form': 's%3A..%2F..%2Fetc%2Fpasswd.x'
}

for (const [kind, makeStore] of Object.entries(makers)) {
  for (const [what, value] of Object.entries(VALUES)) {
    test(`a cookie that is ${what}: a new session, as upstream (${kind})`, async t => {
      const ids = []
      for (const use of [middleware({ store: makeStore() }), theirs()]) {
        const app = await serve(t, use, (req, res) => res.end(req.sessionID))
        const res = await app.get('/', { cookie: 'connect.sid=' + value })
        assert.equal(res.status, 200)
        assert.match(res.body, /^[\w-]{32}$/)
        assert.equal(res.setCookie.length, 1)
        assert.deepEqual(app.errors, [])
        ids.push(res.body)
      }
      assert.notEqual(ids[0], ids[1])
    })
  }

  test(`ids of 0 and of 10,000 characters, signed with the secret (${kind})`, async t => {
    const app = await serve(t, middleware({ store: makeStore() }), (req, res) => res.end(req.sessionID))
    for (const sid of ['', 'x'.repeat(10_000), 'ä€💥'.repeat(300), '\0', '__proto__', '../../etc/passwd']) {
      const res = await app.get('/', { cookie: signed(sid) })
      assert.equal(res.status, 200)
      assert.match(res.body, /^[\w-]{32}$/, 'there is no such session: a new one')
    }
    assert.deepEqual(app.errors, [])
  })

  test(`a header as long as Node takes (${kind})`, async t => {
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

for (const text of ['not JSON', '', '{', 'null', '1', '"text"', '[]', '{}', '{"cookie":null}', '{"cookie":1}', '{"cookie":{}', '{"cookie":{"expires":"never"}}', '{"cookie":{"maxAge":"x"}}', '{"__proto__":{"cookie":{}}}']) {
  test(`a stored text that is ${text || 'empty'}: what upstream does`, async t => {
    const outcomes = []
    for (const [Store, use] of [[upstream.MemoryStore, theirs], [MemoryStore, middleware]]) {
      const store = new Store()
      const app = await serve(t, use({ store }), (req, res) => {
        if (req.url === '/') { req.session.a = 1; return res.end(req.sessionID) }
        res.end(req.session.a ? 'old' : 'other')
      })
      const browser = app.browser()
      const id = (await browser.get('/')).body
      store.sessions[id] = text
      // Upstream throws this one out of a timer.
      if (Store === upstream.MemoryStore && upstreamThrows(text)) {
        outcomes.push('error')
        continue
      }
      const res = await browser.get('/look').catch(() => ({ status: 'broken off' }))
      outcomes.push(res.status === 200 ? res.body : app.errors.length > 0 ? 'error' : res.status)
    }
    const [expected, outcome] = outcomes
    // A text of null is no session here.
    assert.equal(outcome, text === 'null' ? 'other' : expected)
  })
}

/** Whether upstream's MemoryStore.get throws at a text, which it does where nobody catches it. */
function upstreamThrows (text) {
  if (text === '') return false
  try {
    const value = JSON.parse(text)
    return value === null
  } catch {
    return true
  }
}

const SPOILED = {
  'a cycle' (req) { req.session.self = req.session },
  'a BigInt' (req) { req.session.big = 1n },
  'a toJSON that throws' (req) { req.session.bad = { toJSON () { throw new Error('toJSON') } } },
  'a getter that throws' (req) { Object.defineProperty(req.session, 'bad', { enumerable: true, get () { throw new Error('getter') } }) },
  'a toJSON of its own that throws' (req) { req.session.toJSON = () => { throw new Error('own toJSON') } },
  'a deep nesting' (req) { let at = req.session; for (let i = 0; i < 100_000; i++) at = at.next = {} },
  'no cookie any more' (req) { delete req.session.cookie },
  'a cookie that is null' (req) { req.session.cookie = null },
  'a cookie that is a text' (req) { req.session.cookie = 'x' },
  'a cookie without methods' (req) { req.session.cookie = { path: '/' } },
  'a cookie with an expiry that is no date' (req) { req.session.cookie.expires = 'tomorrow' },
  'an invalid date' (req) { req.session.cookie.expires = new Date(NaN) },
  'a domain that is no domain' (req) { req.session.cookie.domain = 'a;b' },
  'a path with a line break' (req) { req.session.cookie.path = '/\r\nX: 1' },
  'a sameSite that is none' (req) { req.session.cookie.sameSite = 'sometimes' },
  'a priority that is none' (req) { req.session.cookie.priority = 'urgent' }
}

for (const [kind, makeStore] of Object.entries(makers)) {
  for (const [what, spoil] of Object.entries(SPOILED)) {
    for (const state of ['new', 'loaded']) {
      test(`a ${state} session with ${what} (${kind}): an error through next at the most, and an answer`, async t => {
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

    test(`session.save with ${what} (${kind}): the callback gets an error, or the call throws, or it is saved`, async t => {
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

  test(`session.save of data that has no text (${kind}): the callback gets the error, on a later tick; without one it is thrown`, async t => {
    for (const what of ['a cycle', 'a BigInt', 'a toJSON that throws']) {
      const app = await serve(t, middleware({ store: makeStore() }), (req, res) => {
        SPOILED[what](req)
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
    test(`Object.${how}(req.session) (${kind}): its data is kept as upstream keeps it`, async t => {
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

  test(`req.session set to what is no session (${kind})`, async t => {
    for (const value of [null, undefined, 0, '', false]) {
      const app = await serve(t, middleware({ store: makeStore() }), (req, res) => { req.session = value; res.end('answered') })
      assert.equal((await app.get('/')).body, 'answered')
      assert.deepEqual(app.errors, [], String(value))
    }
  })
}

for (const [what, genid, expected] of [
  ['throws', () => { throw new Error('genid') }, 'error'],
  ['gives undefined', () => undefined, 'no cookie'],
  ['gives null', () => null, 'no cookie'],
  ['gives a number', () => 5, 'no cookie'],
  ['gives an object', () => ({}), 'no cookie'],
  ['gives a promise', async () => 'x', 'no cookie'],
  ['gives an empty text', () => '', 'cookie'],
  ['gives half a surrogate pair', () => '\ud800', 'error'],
  ['gives a very long text', () => 'x'.repeat(10_000), 'cookie']
]) {
  test(`a genid that ${what}: ${expected}, as upstream`, async t => {
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

test('sessions of one browser never reach another, whatever both send', async t => {
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

const WRONG_OPTIONS = [
  { genid: 'x' }, { genid: 5 }, { unset: 'drop' }, { unset: true }, { secret: [] }, { name: 5, secret: 'x' }, { name: {}, secret: 'x' },
  { cookie: 'x', secret: 'x' }, { cookie: 5, secret: 'x' }, { secret: 5 }, { secret: {} }, { secret: ['x', 5] }, { store: {} }, { store: 5 }
]

for (const options of WRONG_OPTIONS) {
  test(`${JSON.stringify(options)} throws where the middleware is made, with upstream's text where it has one`, () => {
    const [ours, upstreams] = [session, upstream].map(make => {
      try {
        make({ resave: false, saveUninitialized: false, secret: 'x', ...options })
        return undefined
      } catch (err) {
        return err
      }
    })
    assert.ok(ours instanceof TypeError, String(ours))
    if (upstreams) {
      assert.equal(ours.name, upstreams.name)
      if (!options.store) assert.equal(ours.message, upstreams.message) // theirs are V8's
    }
  })
}

test('no secret at all is an error through next', async t => {
  const use = session({ resave: false, saveUninitialized: false })
  const app = await serve(t, use, (req, res) => res.end())
  const res = await app.get('/')
  assert.equal(res.body, 'secret option required for sessions')
})

test('attributes that would break out of the header are refused where the middleware is made (CVE-2024-47764)', () => {
  for (const options of [{ name: 'a;b' }, { name: 'a=b' }, { name: 'a\r\nX: 1' }, { cookie: { domain: 'a;b' } }, { cookie: { domain: 'x\r\nX: 1' } }, { cookie: { path: '/;x' } }]) {
    assert.throws(() => middleware(options), TypeError, JSON.stringify(options))
  }
})

test('those that a request gives, through next', async t => {
  for (const options of [{ domain: 'a;b' }, { domain: 'x\r\nX: 1' }, { path: '/;x' }, { sameSite: 'sometimes' }]) {
    const app = await serve(t, middleware(), (req, res) => {
      Object.assign(req.session.cookie, options)
      res.end('answered')
    })
    const res = await app.get('/')
    await turns()
    assert.equal(res.setCookie.length, 0, JSON.stringify(options))
    assert.equal(res.headers.x, undefined)
    assert.equal(app.errors.length, 1)
    assert.ok(app.errors[0] instanceof TypeError)
  }
})

test('a request without headers, and one without a URL, are no crash of the process', () => {
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

test('ids given to the MemoryStore directly: any text, any length', async () => {
  const store = new MemoryStore()
  for (const sid of ['', 'x'.repeat(10_000), 'x'.repeat(1_000_000), '\ud800'.repeat(100)]) {
    await ask(store, 'set', sid, { cookie: {}, n: sid.length })
    assert.equal((await ask(store, 'get', sid)).n, sid.length)
    await ask(store, 'destroy', sid)
    assert.equal(await ask(store, 'get', sid), undefined)
  }
})
