'use strict'

// touchAfter: a session that is only read is touched once in a while, and nobody is logged out early.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { ask, turns } = require('../../helpers/calls')
const { parseSetCookie } = require('../../helpers/client')
const { fakeClock, DAY, HOUR, MINUTE, SECOND } = require('../../helpers/clock')
const { needsBinary } = require('../../helpers/binary')
const { failingStore, stores } = require('../../helpers/features')
const { serve } = require('../../helpers/server')
const { mapStore, ways } = require('../../helpers/stores')
const { middleware, session } = require('../../helpers/subject')

/** An app that says whose session it has. */
async function start (t, options, handle = () => {}) {
  const app = await serve(t, middleware({ saveUninitialized: false, cookie: { maxAge: HOUR }, ...options }), async (req, res) => {
    if (req.url === '/login') req.session.user = 'ann'
    if (req.url === '/change') req.session.n = (req.session.n || 0) + 1
    await handle(req, res)
    if (!res.writableEnded) res.end(req.session?.user || 'nobody')
  })
  return { app, browser: app.browser() }
}

/** The same without HTTP, for many requests. */
function direct (options) {
  const use = middleware({ saveUninitialized: false, cookie: { maxAge: HOUR }, ...options })
  let cookie
  return {
    get: path => new Promise((resolve, reject) => {
      const headers = {}
      const req = { url: path, method: 'GET', headers: { cookie } }
      const res = {
        getHeader: name => headers[name],
        setHeader (name, value) { headers[name] = value },
        writeHead () {},
        _implicitHeader () { this.writeHead() },
        write () { this._implicitHeader() },
        end (body) {
          if (body) this._implicitHeader()
          const setCookie = headers['Set-Cookie'] || []
          if (setCookie.length > 0) [cookie] = setCookie[0].split(';', 1)
          resolve({ body: req.session.user || 'nobody', setCookie })
        }
      }
      use(req, res, err => {
        if (err) return reject(err)
        if (path === '/login') req.session.user = 'ann'
        if (path === '/change') req.session.n = (req.session.n || 0) + 1
        res.end('x')
      })
    })
  }
}

const expiryOf = response => Date.parse(parseSetCookie(response.setCookie[0]).attributes.find(text => text.startsWith('Expires=')).slice(8))

for (const [kind, make] of Object.entries(stores)) {
  for (const touchAfter of [0.1, 6 * MINUTE]) {
    test(`A thousand reads in the window make one touch with touchAfter ${touchAfter} (${kind})`, async t => {
      const clock = fakeClock(t)
      const { store, counts } = make()
      const browser = direct({ store, touchAfter })
      await browser.get('/login')
      const before = counts()
      clock.advance(6 * MINUTE + 1)
      for (let i = 0; i < 1000; i++) {
        clock.advance(300) // five minutes
        assert.equal((await browser.get('/')).body, 'ann')
      }
      const after = counts()
      assert.equal(after.touches - before.touches, 1)
      assert.equal(after.sets, before.sets)
    })
  }

  test(`Nobody is logged out before the lifetime has passed since the last request (${kind})`, async t => {
    const clock = fakeClock(t)
    let seed = 7
    const random = () => (seed = seed * 48271 % 2147483647) / 2147483647
    for (const touchAfter of [0.05, 0.49, SECOND, 10 * MINUTE, DAY]) {
      for (const rolling of [false, true]) {
        const { store, counts } = make()
        const browser = direct({ store, touchAfter, rolling })
        await browser.get('/login')
        const began = clock.now
        for (let i = 0; i < 60; i++) {
          // Often just within the lifetime, often within the window.
          const pause = i % 7 === 0 ? HOUR - 1 : Math.floor(random() ** 4 * HOUR)
          clock.advance(pause)
          const response = await browser.get(i % 11 === 0 ? '/change' : '/')
          assert.equal(response.body, 'ann', `${touchAfter}, request ${i} after ${pause} ms`)
          if (rolling) assert.equal(expiryOf(response), Math.floor((clock.now + HOUR) / 1000) * 1000)
        }
        const slack = Math.min(touchAfter < 1 ? touchAfter * HOUR : touchAfter, HOUR / 2)
        assert.ok(counts().touches <= (clock.now - began) / slack)
        clock.advance(HOUR + slack + SECOND) // connect-redis rounds up to seconds
        assert.equal((await browser.get('/')).body, 'nobody')
      }
    }
  })

  test(`A session that is saved counts as touched, by its end or by save() (${kind})`, async t => {
    const clock = fakeClock(t)
    const { store, counts } = make()
    const { browser } = await start(t, { store, touchAfter: 0.1 }, async req => {
      if (req.url === '/save') await new Promise(resolve => req.session.save(resolve))
    })
    await browser.get('/login')
    for (const path of ['/change', '/save', '/change', '/save']) {
      clock.advance(7 * MINUTE)
      const before = counts()
      await browser.get(path)
      clock.advance(5 * MINUTE)
      await browser.get('/')
      assert.deepEqual({ sets: counts().sets - before.sets, touches: counts().touches - before.touches }, { sets: 1, touches: 0 }, path)
    }
  })

  test(`The app and the client see the cookie as without touchAfter (${kind})`, async t => {
    const clock = fakeClock(t)
    const seen = []
    const { store } = make()
    const { browser } = await start(t, { store, touchAfter: 0.1, rolling: true }, req => { seen.push(req.session.cookie.maxAge) })
    await browser.get('/login')
    clock.advance(MINUTE)
    const response = await browser.get('/')
    assert.equal(expiryOf(response), clock.now + HOUR)
    assert.deepEqual(seen, [HOUR, HOUR - MINUTE])
  })

  test(`A cookie that the app changes is touched at once (${kind})`, async t => {
    fakeClock(t)
    const { store, counts } = make()
    let change = () => {}
    const { browser } = await start(t, { store, touchAfter: 0.1 }, req => { change(req.session.cookie) })
    await browser.get('/login')
    for (change of [
      cookie => { cookie.maxAge = 2 * HOUR },
      cookie => { cookie.maxAge = MINUTE },
      cookie => { cookie.sameSite = 'strict' },
      cookie => { cookie.expires = null }
    ]) {
      const before = counts().touches
      await browser.get('/')
      assert.equal(counts().touches - before, 1, String(change))
    }
  })

  test(`Sessions without a lifetime are touched at every request (${kind})`, async t => {
    fakeClock(t)
    const { store, counts } = make()
    const { browser } = await start(t, { store, touchAfter: 0.1, cookie: {} })
    await browser.get('/login')
    for (let i = 0; i < 3; i++) await browser.get('/')
    assert.equal(counts().touches, 3)
  })
}

test('Another touchAfter, and none, takes sessions over in either direction', async t => {
  const clock = fakeClock(t)
  for (const [first, second] of [[0.1, 0.4], [0.4, 0.1], [0.4, false], [false, 0.4]]) {
    const { store } = stores.MemoryStore()
    const one = await start(t, { store, touchAfter: first })
    const other = await start(t, { store, touchAfter: second })
    await one.browser.get('/login')
    other.browser.cookies = one.browser.cookies
    for (let i = 0; i < 20; i++) {
      clock.advance(i % 5 === 0 ? HOUR - 1 : 7 * MINUTE)
      assert.equal((await (i % 3 === 0 ? one : other).browser.get('/')).body, 'ann')
    }
  }
})

test('A smaller touchAfter ends no session early in a store that does not show its touches', async t => {
  const clock = fakeClock(t)
  for (const kind of ['connect-redis', 'a store whose touch writes the cookie']) {
    for (const pauses of [[1, 10, 59], [1, 20, 59], [10, 13, 59]]) {
      const { store } = stores[kind]()
      const one = await start(t, { store, touchAfter: 0.4 })
      const other = await start(t, { store, touchAfter: 0.1 })
      await one.browser.get('/login')
      other.browser.cookies = one.browser.cookies
      for (const [i, minutes] of pauses.entries()) {
        clock.advance(minutes * MINUTE)
        assert.equal((await (i === 0 ? other : one).browser.get('/')).body, 'ann', `${kind}, ${pauses}`)
      }
    }
  }
})

test('Reading again and saving, as sockets do, makes no session live longer', async t => {
  const clock = fakeClock(t)
  for (const kind of ['MemoryStore', 'connect-redis', 'a store whose touch writes the cookie']) {
    const { store } = stores[kind]()
    let session
    const { browser } = await start(t, { store, touchAfter: 0.1 }, req => { session = req.session })
    await browser.get('/login')
    const expires = session.cookie.expires.getTime()
    for (let i = 0; i < 20; i++) {
      const { req } = session
      clock.advance(SECOND)
      await new Promise((resolve, reject) => session.reload(err => err ? reject(err) : resolve()))
      session = req.session
      session.n = i
      await new Promise((resolve, reject) => session.save(err => err ? reject(err) : resolve()))
    }
    assert.equal(session.cookie.expires.getTime(), expires)
    const stored = await ask(store, 'get', session.id)
    assert.equal(stored.n, 19)
    assert.equal(new Date(stored.cookie.expires).getTime(), expires + 6 * MINUTE)
  }
})

test('A fixed expiry that the app keeps stays where it is', async t => {
  const clock = fakeClock(t)
  const expires = clock.now + 2 * HOUR
  const { store } = stores.MemoryStore()
  const { browser } = await start(t, { store, touchAfter: 0.1 }, req => {
    req.session.touch = () => req.session
    if (req.url === '/login') req.session.cookie.expires = new Date(expires)
    return req.url === '/login' ? undefined : assert.equal(req.session.cookie.expires.getTime(), expires)
  })
  await browser.get('/login')
  for (let i = 0; i < 30; i++) {
    clock.advance(3 * MINUTE)
    assert.equal((await browser.get(i % 2 ? '/' : '/change')).body, 'ann')
  }
  clock.now = expires + 12 * MINUTE
  assert.equal((await browser.get('/login')).setCookie.length, 1, 'another session')
})

test('The ttl of a MemoryStore has the slack too, and bounds it', async t => {
  const clock = fakeClock(t)
  const store = new session.MemoryStore({ ttl: 10 * MINUTE })
  const { browser } = await start(t, { store, touchAfter: 0.1, cookie: { maxAge: DAY } })
  await browser.get('/login')
  for (const pause of [0, 59, 599, 1, 599, 59, 2, 599]) {
    clock.advance(pause * SECOND)
    assert.equal((await browser.get('/')).body, 'ann', `${pause} s`)
  }
  clock.advance(11 * MINUTE)
  assert.equal((await browser.get('/')).body, 'nobody')
  const before = store.stats().touches
  await browser.get('/login')
  for (let i = 0; i < 10; i++) await browser.get('/')
  assert.equal(store.stats().touches, before)
})

test('A touch that fails is tried again at the next request', async t => {
  const clock = fakeClock(t)
  const { store, fail } = failingStore()
  const { app, browser } = await start(t, { store, touchAfter: 0.1 })
  await browser.get('/login')
  fail('touch')
  clock.advance(5 * MINUTE)
  await browser.get('/')
  assert.deepEqual(app.errors, [])
  for (let i = 1; i < 3; i++) {
    clock.advance(2 * MINUTE)
    assert.equal((await browser.get('/')).body, 'ann')
    await turns()
    assert.deepEqual(app.errors.map(err => err.message), Array(i).fill('touch failed'))
  }
})

test('A save that fails does not count as a touch', async t => {
  const clock = fakeClock(t)
  const { store, fail } = failingStore()
  const { browser } = await start(t, { store, touchAfter: 0.1 }, async req => {
    if (req.url === '/save') await new Promise(resolve => req.session.save(resolve))
  })
  await browser.get('/login')
  let touches = 0
  store.touch = (sid, session, callback) => { touches++; callback() }
  fail('set')
  clock.advance(7 * MINUTE)
  await browser.get('/save')
  assert.equal(touches, 1)
})

test('A store gets a copy with its own cookie, and the session stays what the app has', async t => {
  const clock = fakeClock(t)
  const store = mapStore(ways.later)
  const { set } = store
  let live
  store.set = (sid, data, callback) => {
    assert.ok(data instanceof session.Session)
    assert.ok(data.cookie instanceof session.Cookie)
    assert.deepEqual(Object.keys(data), ['cookie', 'user'])
    assert.equal(data.id, sid)
    assert.equal(data.cookie.maxAge, HOUR + 6 * MINUTE)
    assert.equal(data.cookie.originalMaxAge, HOUR)
    set(sid, data, callback)
  }
  const { app, browser } = await start(t, { store, touchAfter: 0.1 }, req => { live = req.session })
  await browser.get('/login')
  assert.equal(live.cookie.expires.getTime(), clock.now + HOUR)
  assert.deepEqual(app.errors, [])
})

test('Sessions of another express-session stay chainable', async t => {
  const theirs = require('express-session')
  const { store } = stores['connect-redis']()
  store.createSession = theirs.Store.prototype.createSession
  const { app, browser } = await start(t, { store, touchAfter: 0.1 }, req => {
    assert.equal(req.session instanceof theirs.Session, req.url !== '/login')
    assert.equal(req.session.save(), req.session)
    assert.equal(req.session.save(() => {}), req.session)
  })
  await browser.get('/login')
  assert.equal((await browser.get('/')).body, 'ann')
  assert.deepEqual(app.errors, [])
})

test('resave saves every time, whatever touchAfter says', async t => {
  fakeClock(t)
  const { store, counts } = stores.MemoryStore()
  const { browser } = await start(t, { store, touchAfter: 0.1, resave: true })
  await browser.get('/login')
  for (let i = 0; i < 3; i++) await browser.get('/')
  assert.equal(counts().sets, 4)
})

test('A store has its own default, which the option overrides', async t => {
  fakeClock(t)
  for (const [touchAfter, touches] of [[undefined, 0], [false, 3], [0, 3], [0.2, 0]]) {
    const { store, counts } = stores.MemoryStore()
    store.sessionDefaults = { touchAfter: 0.1 }
    const { browser } = await start(t, { store, touchAfter })
    await browser.get('/login')
    for (let i = 0; i < 3; i++) await browser.get('/')
    assert.equal(counts().touches, touches, String(touchAfter))
  }
})

test('So has a SQLiteStore', needsBinary, async t => {
  const { newFile } = require('../../engines/sqlite') // loads the binary
  const store = new session.SQLiteStore({ file: newFile() })
  t.after(() => store.close())
  const { browser } = await start(t, { store })
  await browser.get('/login')
  for (let i = 0; i < 3; i++) assert.equal((await browser.get('/')).body, 'ann')
  assert.deepEqual([store.stats().sets, store.stats().touches], [1, 0])

  const always = await start(t, { store, touchAfter: false })
  always.browser.cookies = browser.cookies
  await always.browser.get('/')
  assert.equal(store.stats().touches, 1)
})

test('Without touchAfter, every request touches, and the store gets the session itself', async t => {
  const store = mapStore(ways.later)
  const { browser } = await start(t, { store }, req => { store.touch = (sid, data, callback) => { assert.equal(data, req.session); callback() } })
  await browser.get('/login')
  assert.equal((await browser.get('/')).body, 'ann')
})

test('A wrong touchAfter of a store is refused when the middleware is made', () => {
  for (const right of [undefined, null, false, 0, 0.01, 0.499, 1, DAY]) assert.doesNotThrow(() => middleware({ touchAfter: right }))

  const store = new session.MemoryStore()
  store.sessionDefaults = { touchAfter: 'often' }
  assert.throws(() => middleware({ store }), /touchAfter of the store's sessionDefaults must/)
  store.sessionDefaults = 'unknown'
  assert.doesNotThrow(() => middleware({ store }))

  const withFunction = new session.MemoryStore({ ttl: () => HOUR })
  assert.throws(() => middleware({ store: withFunction, touchAfter: 0.1 }), /touchAfter option/)
})
