'use strict'

// The options of session(): what is stored and sent, by express-session's own measure.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const cookieParser = require('cookie-parser')
const signature = require('cookie-signature')
const upstream = require('express-session')
const { serve } = require('../helpers/server')
const { mapStore, ways } = require('../helpers/stores')
const { middleware, session } = require('../helpers/subject')

const SECRET = 'keyboard cat'
const COMMON = { secret: SECRET, resave: false, saveUninitialized: true }

/** The calls of a store that matter. */
function logging (store) {
  const log = []
  for (const method of ['get', 'set', 'touch', 'destroy']) {
    const original = store[method]
    store[method] = function (...args) {
      log.push(method)
      return original.apply(this, args)
    }
  }
  return log
}

/** What each request of a browser did: the store's calls, and whether a cookie was sent. */
async function record (t, use, store, log, paths) {
  const app = await serve(t, use, (req, res) => {
    switch (req.url) {
      case '/change': req.session.n = (req.session.n || 0) + 1; break
      case '/same': req.session.n = Number(req.session.n); break
      case '/save': return req.session.save(() => res.end(String(req.session.n)))
      case '/regenerate': return req.session.regenerate(() => res.end('new'))
      case '/drop': req.session = null; return res.end('dropped')
      case '/touch': req.session.touch(); break
    }
    res.end(String(req.session.n))
  })
  const browser = app.browser()
  const seen = []
  for (const path of paths) {
    const res = await browser.get(path)
    seen.push([path, res.body, res.setCookie.length, /Expires=/.test(res.setCookie[0]), ...log.splice(0)])
  }
  assert.deepEqual(app.errors, [])
  return seen
}

const PATHS = ['/', '/', '/change', '/', '/same', '/touch', '/change', '/save', '/regenerate', '/', '/change', '/drop', '/', '/change']

for (const resave of [false, true]) {
  for (const rolling of [false, true]) {
    for (const saveUninitialized of [false, true]) {
      for (const maxAge of [undefined, 60_000]) {
        for (const unset of ['keep', 'destroy']) {
          const options = { secret: SECRET, resave, rolling, saveUninitialized, unset, cookie: { maxAge } }
          test(`calls of the store and cookies sent are upstream's: ${JSON.stringify({ resave, rolling, saveUninitialized, maxAge, unset })}`, async t => {
            const seen = []
            for (const make of [upstream, session]) {
              const store = mapStore(ways.later)
              seen.push(await record(t, make({ ...options, store }), store, logging(store), PATHS))
            }
            assert.deepEqual(seen[1], seen[0])

            const native = new session.MemoryStore()
            const [bodies, cookies] = [1, 2].map(at => seen[0].map(row => row[at]))
            const lane = await record(t, session({ ...options, store: native }), native, [], PATHS)
            assert.deepEqual([lane.map(row => row[1]), lane.map(row => row[2])], [bodies, cookies], 'and the same with our MemoryStore')
          })
        }
      }
    }
  }
}

for (const [options, name] of [[{ name: 'a' }, 'a'], [{ key: 'b' }, 'b'], [{ name: 'a', key: 'b' }, 'a'], [{}, 'connect.sid']]) {
  test(`${JSON.stringify(options)}: the cookie is called ${name}`, async t => {
    const app = await serve(t, middleware(options), (req, res) => res.end())
    assert.match((await app.get('/')).setCookie[0], new RegExp(`^${name}=s%3A`))
  })
}

test('an array of secrets: the first signs, all open; the app may rotate them in its array', async t => {
  const secrets = ['new', 'old']
  const app = await serve(t, middleware({ secret: secrets }), (req, res) => { req.session.user ??= 'ann'; res.end(req.sessionID) })
  const id = (await app.get('/')).body
  const cookie = secret => 'connect.sid=' + encodeURIComponent('s:' + signature.sign(id, secret))
  for (const [secret, opens] of [['new', true], ['old', true], ['newer', false]]) {
    assert.equal((await app.get('/', { cookie: cookie(secret) })).body === id, opens, secret)
  }
  secrets.unshift('newer')
  secrets.pop()
  for (const [secret, opens] of [['newer', true], ['new', true], ['old', false]]) {
    assert.equal((await app.get('/', { cookie: cookie(secret) })).body === id, opens, secret)
  }
  assert.match((await app.get('/')).cookie, /^connect\.sid=/)
  const fresh = await app.get('/')
  assert.notEqual(signature.unsign(decodeURIComponent(fresh.cookie.split('=')[1]).slice(2), 'newer'), false)
})

test('without a secret: req.secret, which cookie-parser sets, whatever it is at each request', async t => {
  let secret = 'one'
  const app = await serve(t, [
    (req, res, next) => { req.secret = secret; next() },
    session({ resave: false, saveUninitialized: true })
  ], (req, res) => res.end(req.sessionID))
  const { cookie, body } = await app.get('/')
  assert.equal((await app.get('/', { cookie })).body, body)
  secret = 'two'
  assert.notEqual((await app.get('/', { cookie })).body, body)
  secret = 'one'
  assert.equal((await app.get('/', { cookie })).body, body)
})

for (const [how, parser] of Object.entries({ signedCookies: cookieParser(SECRET), cookies: cookieParser() })) {
  test(`cookie-parser's ${how} when the header is gone`, async t => {
    const app = await serve(t, [
      parser,
      (req, res, next) => { delete req.headers.cookie; next() },
      middleware()
    ], (req, res) => res.end(req.sessionID))
    const { cookie, body } = await app.get('/')
    assert.equal((await app.get('/', { cookie })).body, body)
    assert.notEqual((await app.get('/', { cookie: cookie.slice(0, -1) })).body, body)
  })
}

const HTTPS = ['https', 'HTTPS', ' https ', 'https,http', 'https, http']
const HTTP = ['http', '', 'http,https', 'httpsx', ',https', 'ftp']
const FORWARDED = [...HTTPS, ...HTTP]
for (const [proxy, value] of [true, false, undefined].flatMap(proxy => FORWARDED.map(value => [proxy, value]))) {
  for (const trusted of [false, true]) {
    test(`proxy: ${proxy}, X-Forwarded-Proto: ${JSON.stringify(value)}, req.secure: ${trusted}: as upstream`, async t => {
      const cookies = []
      for (const make of [upstream, session]) {
        const app = await serve(t, [
          (req, res, next) => { req.secure = trusted; next() },
          make({ ...COMMON, proxy, cookie: { secure: 'auto' } })
        ], (req, res) => res.end())
        const { setCookie } = await app.get('/', { headers: { 'X-Forwarded-Proto': value } })
        cookies.push(/; Secure/.test(setCookie[0]))
      }
      assert.equal(cookies[1], cookies[0])
      assert.equal(cookies[1], proxy === true ? HTTPS.includes(value) : proxy === undefined && trusted)
    })
  }
}

test('one cookie after another of different attributes: each as `cookie` serializes it', async t => {
  const { serialize } = require('cookie')
  const all = [
    {}, { path: '/a' }, { sameSite: 'lax' }, { sameSite: 'strict' }, { sameSite: true }, { sameSite: 'none', secure: true }, { httpOnly: false }, { domain: 'a.b' },
    { priority: 'low' }, { partitioned: true }, { expires: new Date(1.9e12) }, { expires: new Date(1.9e12 + 999) }, { expires: new Date(1.9e12 + 1000) },
    { expires: new Date(1.9e12), path: '/a' }, {}
  ]
  let attributes
  const app = await serve(t, middleware({ proxy: true, store: mapStore(ways.synchronously) }), (req, res) => {
    Object.assign(req.session.cookie, attributes)
    const { data } = req.session.cookie
    req.session.touch = function () { return this } // or it would move the expiry
    res.end(serialize('connect.sid', 'value', data))
  })
  for (attributes of [...all, ...all.reverse()]) {
    const { body, setCookie } = await app.get('/', { headers: { 'X-Forwarded-Proto': 'https' } })
    assert.equal(setCookie[0].replace(/=[^;]*/, '=value'), body)
  }
})
