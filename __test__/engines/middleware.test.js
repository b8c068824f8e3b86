'use strict'

// What an app sees of an engine: through requests, sessions and callbacks.

const assert = require('node:assert/strict')
const { engineOf } = require('../../lib/stores/store-engine')
const { ask, until } = require('../helpers/calls')
const { fakeClock, HOUR, MINUTE, SECOND } = require('../helpers/clock')
const { conform } = require('.')
const { app, pages, slowPage } = require('./app')
const { ask: askEngine, writeOf } = require('./ask')

conform('a session is saved, found by its cookie, read and written', async (subject, t) => {
  const { browser, errors, store } = await app(subject, t, pages)
  const [ann, bob] = [browser(), browser()]
  for (let n = 1; n <= 5; n++) assert.equal((await ann.get('/count')).body, String(n))
  assert.equal((await bob.get('/count')).body, '1')
  assert.equal((await ann.get('/read')).body, '{"views":5}')
  assert.equal(await ask(store, 'length'), 2)
  assert.deepEqual(errors, [])
})

conform('a client that waits for the end of the response finds its session saved', async (subject, t) => {
  const { browser, store } = await app(subject, t, pages)
  const ann = browser()
  for (let n = 1; n <= 10; n++) {
    await ann.get('/count')
    const [sid] = await ask(store, 'ids')
    assert.equal((await ask(store, 'get', sid)).views, n)
  }
})

conform('the cookie of a session that is not there gets a new session with a new id', async (subject, t) => {
  const { browser, store } = await app(subject, t, pages)
  const ann = browser()
  await ann.get('/count')
  const { cookie } = ann
  await ask(store, 'clear')
  assert.equal((await ann.get('/count')).body, '1')
  assert.notEqual(ann.cookie, cookie)
})

conform('login: a new id, the old session gone', async (subject, t) => {
  const { browser, store } = await app(subject, t, pages)
  const ann = browser()
  await ann.get('/count')
  const thief = ann.copy()
  const { body: sid } = await ann.get('/login')
  assert.equal((await ann.get('/read')).body, '{"user":"ann"}')
  assert.equal((await thief.get('/read')).body, '{}')
  assert.deepEqual(await ask(store, 'ids'), [sid])
})

conform('logout: the session is gone when the response is there', async (subject, t) => {
  const { browser, store } = await app(subject, t, pages)
  const ann = browser()
  await ann.get('/login')
  await ann.get('/logout')
  assert.equal(await ask(store, 'length'), 0)
  assert.equal((await ann.get('/read')).body, '{}')
})

conform('unset destroy: a session that is set to null is destroyed', async (subject, t) => {
  const handlers = { ...pages, '/unset' (req, res) { req.session = null; res.end() } }
  const { browser, store } = await app(subject, t, handlers, { unset: 'destroy' })
  const ann = browser()
  await ann.get('/count')
  await ann.get('/unset')
  assert.equal(await ask(store, 'length'), 0)
})

for (const [how, work] of Object.entries({
  'at the end of the request' (req, res) {
    req.session.late = true
    res.end()
  },
  'by session.save' (req, res) {
    req.session.late = true
    req.session.save(err => res.end(err ? err.code : 'saved'))
  }
})) {
  conform(`logout while a slow request runs: its save ${how} does not bring the session back`, async (subject, t) => {
    const slow = slowPage(work)
    const { browser, errors, store } = await app(subject, t, { ...pages, '/slow': slow })
    const ann = browser()
    await ann.get('/login')
    const answer = ann.copy().get('/slow')
    await until(() => slow.isWaiting)
    await ann.get('/logout')
    slow.goOn()
    const { body } = await answer
    if (how === 'by session.save') assert.equal(body, 'ERR_SESSION_DESTROYED', 'who saves is told')
    assert.equal(await ask(store, 'length'), 0)
    assert.equal((await ann.get('/read')).body, '{}')
    assert.deepEqual(errors, [])
  })
}

conform('logout while a slow request runs that changes nothing: its touch brings nothing back', async (subject, t) => {
  const slow = slowPage((req, res) => res.end())
  const { browser, errors, store } = await app(subject, t, { ...pages, '/slow': slow })
  const ann = browser()
  await ann.get('/login')
  const answer = ann.copy().get('/slow')
  await until(() => slow.isWaiting)
  await ann.get('/logout')
  slow.goOn()
  await answer
  assert.equal(await ask(store, 'length'), 0)
  assert.deepEqual(errors, [])
})

conform('a session that expires while its request runs is saved', async (subject, t) => {
  const clock = fakeClock(t)
  const slow = slowPage((req, res) => {
    req.session.late = true
    res.end()
  })
  const { browser, errors, store } = await app(subject, t, { ...pages, '/slow': slow }, { cookie: { maxAge: SECOND } })
  const ann = browser()
  await ann.get('/count')
  const answer = ann.get('/slow')
  await until(() => slow.isWaiting)
  clock.advance(1500)
  store.prune()
  slow.goOn()
  await answer
  assert.equal((await ann.get('/read')).body, '{"views":1,"late":true}')
  assert.deepEqual(errors, [])
})

conform('a session that is evicted while its request runs is saved', async (subject, t) => {
  const slow = slowPage((req, res) => {
    req.session.late = true
    res.end()
  })
  const { browser, store } = await app(subject, t, { ...pages, '/slow': slow }, { store: { max: 10 } })
  const ann = browser()
  await ann.get('/count')
  const answer = ann.get('/slow')
  await until(() => slow.isWaiting)
  for (let n = 0; n < 50; n++) {
    await ask(store, 'set', 'other' + n, { cookie: {}, user: n })
    await ask(store, 'get', 'other' + n)
  }
  assert.equal(await ask(store, 'length'), 10)
  slow.goOn()
  await answer
  assert.equal((await ann.get('/read')).body, '{"views":1,"late":true}')
})

conform('two slow requests of one client: the last to end wins', async (subject, t) => {
  const [first, second] = ['first', 'second'].map(name => slowPage((req, res) => {
    req.session.last = name
    res.end()
  }))
  const { browser } = await app(subject, t, { ...pages, '/first': first, '/second': second })
  const ann = browser()
  await ann.get('/count')
  const answers = ['/first', '/second'].map(path => ann.copy().get(path))
  await until(() => first.isWaiting && second.isWaiting)
  second.goOn()
  await answers[1]
  first.goOn()
  await answers[0]
  assert.equal((await ann.get('/read')).body, '{"views":1,"last":"first"}')
})

conform('a session expires after its maxAge, counted from the last request', async (subject, t) => {
  const clock = fakeClock(t)
  const { browser } = await app(subject, t, pages, { cookie: { maxAge: MINUTE }, rolling: true })
  const ann = browser()
  await ann.get('/count')
  for (let i = 0; i < 3; i++) {
    clock.advance(MINUTE - 1)
    assert.equal((await ann.get('/read')).body, '{"views":1}')
  }
  clock.advance(MINUTE)
  assert.equal((await ann.get('/read')).body, '{}')
})

conform('session.save calls back when the session is stored', async (subject, t) => {
  const handlers = {
    ...pages,
    '/save' (req, res) {
      req.session.n = 1
      req.session.save(err => {
        assert.ifError(err)
        req.sessionStore.get(req.sessionID, (err, stored) => res.end(String(err || stored.n)))
      })
    }
  }
  const { browser } = await app(subject, t, handlers)
  const ann = browser()
  assert.equal((await ann.get('/save')).body, '1')
  assert.equal((await ann.get('/read')).body, '{"n":1}')
})

conform('session.reload reads the session anew, and what is saved then is not dropped', async (subject, t) => {
  const handlers = {
    ...pages,
    '/reload' (req, res) {
      req.session.lost = true
      req.session.reload(err => {
        assert.ifError(err)
        req.session.kept = true
        res.end()
      })
    }
  }
  const { browser } = await app(subject, t, handlers)
  const ann = browser()
  await ann.get('/count')
  await ann.get('/reload')
  assert.equal((await ann.get('/read')).body, '{"views":1,"kept":true}')
})

for (const [how, end] of Object.entries({
  'at the end of the request': (req, res) => res.end('done'),
  'by session.save': (req, res) => req.session.save(err => res.end(err ? err.message : 'saved'))
})) {
  conform(`a session too large for the store, saved ${how}: an error, and the old session stays`, async (subject, t) => {
    const handlers = {
      ...pages,
      '/large' (req, res) {
        req.session.pad = 'x'.repeat(20_000)
        end(req, res)
      }
    }
    const { browser, errors } = await app(subject, t, handlers, { store: { maxBytes: 10_000 } })
    const ann = browser()
    await ann.get('/count')
    const { body } = await ann.get('/large')
    if (how === 'by session.save') assert.match(body, /maxBytes/)
    await until(() => errors.length > 0 || how === 'by session.save')
    assert.ok(errors.every(err => err instanceof RangeError && /maxBytes/.test(err.message)))
    assert.equal((await ann.get('/read')).body, '{"views":1}')
  })
}

conform('a session that can not be read is an error, and stays', async (subject, t) => {
  const { browser, errors, store } = await app(subject, t, pages)
  const ann = browser()
  await ann.get('/count')
  const [sid] = await ask(store, 'ids')
  await askEngine(engineOf(store), 'commit', writeOf(sid, { text: '{"secret', now: Date.now() }))
  const { status, body } = await ann.get('/read')
  assert.equal(status, 500)
  assert.doesNotMatch(body, /secret/)
  assert.ok(errors[0] instanceof SyntaxError)
  assert.deepEqual(await ask(store, 'ids'), [sid])
})

conform('the ordinary way (a method is replaced, a serializer, dispose) gives the same', async (subject, t) => {
  const { parse, stringify } = JSON
  const kinds = {
    'a serializer': { options: { serializer: { parse: text => parse(text), stringify: value => stringify(value) } } },
    dispose: { options: { dispose () {} } },
    'a ttl function': { options: { ttl: () => HOUR } },
    'get is replaced': { replace: 'get' },
    'set is replaced': { replace: 'set' },
    'touch is replaced': { replace: 'touch' },
    'destroy is replaced': { replace: 'destroy' }
  }
  for (const [kind, { options, replace }] of Object.entries(kinds)) {
    const slow = slowPage((req, res) => {
      req.session.late = true
      res.end()
    })
    const { browser, errors, store } = await app(subject, t, { ...pages, '/slow': slow }, { store: options })
    let calls = 0
    if (replace) {
      const original = store[replace]
      store[replace] = function (...args) {
        calls++
        return original.apply(this, args)
      }
    }
    const ann = browser()
    await ann.get('/count')
    await ann.get('/login')
    assert.equal((await ann.get('/count')).body, '1', kind)
    assert.equal((await ann.get('/read')).body, '{"user":"ann","views":1}', kind)
    const answer = ann.copy().get('/slow')
    await until(() => slow.isWaiting)
    await ann.get('/logout')
    slow.goOn()
    await answer
    assert.equal(await ask(store, 'length'), 0, kind)
    if (replace) assert.ok(calls > 0, kind)
    assert.deepEqual(errors, [], kind)
  }
})
