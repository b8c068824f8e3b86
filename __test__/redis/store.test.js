'use strict'

// What RedisStore promises beyond the contract of all engines, with each client on one server.

const assert = require('node:assert/strict')
const { after, before, test } = require('node:test')
const fc = require('fast-check')
const { atOneMoment } = require('../helpers/steady-clock')
const { RedisStore, Cookie } = require('../..')
const { CHANGED, DONE, DROPPED } = require('../../lib/stores/engine')
const { engineOf } = require('../../lib/stores/store-engine')
const { ask: askEngine, writeOf } = require('../engines/ask')
const { app, pages, slowPage } = require('../engines/app')
const { toArray, turns, until } = require('../helpers/calls')
const { clientsOf, names } = require('./clients')
const { missing, startRedis } = require('./servers')

let server
before(async () => { if (!missing) server = await startRedis() })
after(() => server?.kill())

let count = 0

/** Runs a test with each client: on a store, and with a client beside it. */
function withEach (title, run, options) {
  for (const name of names) {
    test(`${name}: ${title}`, { skip: missing }, async t => {
      const client = await clientsOf(name).single(t, server.port)
      const prefix = `s${count++}:`
      const store = new RedisStore({ client, prefix, ...options })
      t.after(() => store.close())
      await run({ t, client, store, prefix, key: sid => prefix + sid, raw: (...args) => raw(client, args) })
    })
  }
}

/** Sends a command by any client. */
function raw (client, args) {
  return client.call ? client.call(...args) : client.sendCommand(args.map(String))
}

const MINUTE = 60_000
const session = (n, maxAge = MINUTE) => ({ cookie: new Cookie({ maxAge }), n })
const near = (value, expected, slack = 5000) => assert.ok(value <= expected && value > expected - slack, `${value} of ${expected}`)

/* What is written */

withEach('the key is the prefix and the id, the text is JSON, the TTL is that of the cookie', async ({ store, key, raw }) => {
  const data = session(1)
  await store.set('a', data)
  assert.equal(await raw('GET', key('a')), JSON.stringify(data))
  near(await raw('PTTL', key('a')), MINUTE)
})

withEach('a cookie without expiry: a day, or the ttl option in seconds', async ({ store, client, key, raw }) => {
  await store.set('a', { cookie: {} })
  near(await raw('PTTL', key('a')), 86_400_000)
  const short = new RedisStore({ client, prefix: store.prefix, ttl: 60 })
  await short.set('a', { cookie: {} })
  near(await raw('PTTL', key('a')), MINUTE)
  await short.set('a', session(1, 2 * MINUTE))
  near(await raw('PTTL', key('a')), 2 * MINUTE)
  const byFunction = new RedisStore({ client, prefix: store.prefix, ttl: session => session.n })
  await byFunction.set('a', session(30))
  near(await raw('PTTL', key('a')), 30_000)
  await byFunction.set('a', session(0))
  assert.equal(await raw('EXISTS', key('a')), 0)
})

withEach('disableTTL and disableTouch', async ({ store, client, key, raw }) => {
  const forever = new RedisStore({ client, prefix: store.prefix, disableTTL: true })
  await forever.set('a', session(1))
  assert.equal(await raw('PTTL', key('a')), -1)
  await forever.touch('a', session(1))
  assert.equal(await raw('PTTL', key('a')), -1)
  const untouched = new RedisStore({ client, prefix: store.prefix, disableTouch: true })
  await untouched.set('b', session(1))
  await untouched.touch('b', session(1, 5 * MINUTE))
  near(await raw('PTTL', key('b')), MINUTE)
})

withEach('a session expires, and one that has expired is removed by set', async ({ store, key, raw }) => {
  await store.set('a', session(1, 60))
  assert.equal((await store.get('a')).n, 1)
  await until(async () => await store.get('a') === undefined)
  assert.equal(await store.length(), 0)
  await store.set('a', session(1))
  await store.set('a', session(2, -1))
  assert.equal(await raw('EXISTS', key('a')), 0)
})

withEach('touch renews the TTL and the cookie in the text, and leaves the rest as it is', async ({ store, key, raw }) => {
  const touched = session(2, 5 * MINUTE)
  const cookie = JSON.parse(JSON.stringify(touched.cookie))
  for (const [text, after] of [
    [JSON.stringify(session(1)), `{"cookie":${JSON.stringify(cookie)},"n":1}`],
    ['{"cookie":{}}', `{"cookie":${JSON.stringify(cookie)}}`],
    ['{"cookie":{"path":"/}{\\"\\\\"},"n":[],"big":12345678901234567890}', `{"cookie":${JSON.stringify(cookie)},"n":[],"big":12345678901234567890}`],
    ['{"n":1,"cookie":{"path":"/x"}}', JSON.stringify({ n: 1, cookie })],
    ['no JSON', 'no JSON'],
    ['17', '17']
  ]) {
    await raw('SET', key('a'), text, 'PX', MINUTE)
    await store.touch('a', touched)
    const now = await raw('GET', key('a'))
    if (text.includes('\\')) assert.deepEqual(JSON.parse(now).cookie, cookie) // a text that Lua can not split safely is parsed
    else assert.equal(now, after)
    near(await raw('PTTL', key('a')), 5 * MINUTE)
  }
  await store.touch('none', touched)
  assert.equal(await raw('EXISTS', key('none')), 0)
})

withEach('touch is one command', async ({ store, client, raw }) => {
  await store.set('a', session(1))
  await store.touch('a', session(1)) // the server learns the script
  const commands = async () => Number(/total_commands_processed:(\d+)/.exec(await raw('INFO', 'stats'))[1])
  const before = await commands()
  await store.touch('a', session(1))
  // A script's own commands count too: GET and SET.
  assert.equal(await commands() - before - 1, 3)
})

withEach('touch of a session without an expiry sets the TTL', async ({ store, key, raw }) => {
  await raw('SET', key('a'), '{"cookie":{"expires":null},"n":1}', 'PX', MINUTE)
  await store.touch('a', { cookie: new Cookie() })
  near(await raw('PTTL', key('a')), 86_400_000)
})

withEach('a serializer: touch leaves the text to it, and loses no write that comes between', async ({ client, prefix, key, raw }) => {
  const serializer = {
    stringify: session => 'v1:' + JSON.stringify(session),
    parse: text => JSON.parse(text.slice(3))
  }
  const store = new RedisStore({ client, prefix, serializer })
  await store.set('a', session(1))
  const done = store.touch('a', session(9, 5 * MINUTE))
  const written = store.set('a', session(2))
  await Promise.all([done, written])
  assert.equal((await store.get('a')).n, 2)
  await store.touch('a', session(9, 5 * MINUTE))
  assert.equal(serializer.parse(await raw('GET', key('a'))).n, 2)
  near(await raw('PTTL', key('a')), 5 * MINUTE)
})

withEach('a serializer whose parse gives a promise, as connect-redis takes it', async ({ t, client, prefix }) => {
  const serializer = {
    stringify: session => 'v1:' + JSON.stringify(session),
    async parse (text) {
      await turns()
      if (text === 'broken') throw new Error('cannot read it')
      return JSON.parse(text.slice(3))
    }
  }
  const subject = { store: (t, options) => new RedisStore({ client, prefix, serializer, ...options }) }
  const { browser, store } = await app(subject, t, pages, { cookie: { maxAge: MINUTE }, touchAfter: false })
  const ann = browser()
  for (let n = 1; n <= 3; n++) assert.equal((await ann.get('/count')).body, String(n))
  assert.equal((await ann.get('/read')).body, '{"views":3}')
  const [sid] = await store.ids()
  await store.touch(sid, session(0, 5 * MINUTE))
  assert.equal((await store.get(sid)).views, 3)
  near(await raw(client, ['PTTL', prefix + sid]), 5 * MINUTE)
  assert.deepEqual((await store.all()).map(({ id, views }) => [id, views]), [[sid, 3]])
  assert.deepEqual((await toArray(store)).map(([id, { views }]) => [id, views]), [[sid, 3]])
  await raw(client, ['SET', prefix + sid, 'broken'])
  await assert.rejects(async () => await store.get(sid), /cannot read it/)
  await assert.rejects(async () => await store.touch(sid, session(0)), /cannot read it/)
  await assert.rejects(async () => await store.all(), /cannot read it/)
})

withEach('destroy of several is one answer; without callbacks the methods can be awaited', async ({ store }) => {
  for (const sid of ['a', 'b', 'c']) await store.set(sid, session(1))
  await store.destroy(['a', 'b', 'none'])
  assert.deepEqual(await store.ids(), ['c'])
  assert.equal(await store.length(), 1)
  await store.clear()
  assert.deepEqual(await store.all(), [])
})

withEach('all gives an array of sessions with their ids; foreign keys that hold no text are left out', async ({ store, key, raw }) => {
  for (let n = 0; n < 250; n++) await store.set('a' + n, session(n))
  await raw('HSET', key('hash'), 'a', 'b')
  const all = await store.all()
  assert.ok(Array.isArray(all))
  assert.equal(all.length, 250)
  assert.ok(all.every(({ id, n }) => id === 'a' + n))
  assert.equal((await toArray(store)).length, 250)
  assert.equal(await store.length(), 251)
})

withEach('a prefix with the signs of patterns is taken as it is', async ({ client }) => {
  const store = new RedisStore({ client, prefix: `g${count++}[a-z]*?\\:` })
  const other = new RedisStore({ client, prefix: `g${count}b` })
  await store.set('a', session(1))
  await other.set('b', session(1))
  assert.deepEqual(await store.ids(), ['a'])
  await store.clear()
  assert.equal(await store.length(), 0)
  assert.equal(await other.length(), 1)
})

withEach('stores on one client share its listeners, and the last to be closed takes them away', async ({ t, store, client }) => {
  const warnings = []
  t.mock.method(process, 'emitWarning', warning => warnings.push(String(warning)))
  const count = () => client.eventNames().reduce((sum, event) => sum + client.listenerCount(event), 0)
  const listeners = count()
  const others = Array.from({ length: 20 }, () => new RedisStore({ client }))
  assert.equal(count(), listeners)
  for (const other of others) other.close()
  assert.equal(count(), listeners)
  store.close()
  assert.ok(count() < listeners)
  const again = new RedisStore({ client })
  assert.equal(count(), listeners)
  again.close()
  again.close()
  assert.ok(count() < listeners)
  assert.deepEqual(warnings, [])
})

withEach('close leaves the sessions and the client', async ({ store }) => {
  await store.set('a', session(1))
  store.close()
  store.close()
  assert.equal((await store.get('a')).n, 1)
})

withEach('reads at once share one GET; one after a write asks again', async ({ store, key, raw }) => {
  await store.set('a', session(1))
  const before = store.stats().reads
  const all = await Promise.all(atOneMoment(() => Array.from({ length: 10 }, () => store.get('a'))))
  assert.ok(all.every(session => session.n === 1) && all[0] !== all[1])
  assert.equal(store.stats().reads, before + 1)
  const [first, , second] = await Promise.all([store.get('a'), store.set('a', session(2)), store.get('a')])
  assert.deepEqual([first.n, second.n], [1, 2])
  await raw('SET', key('a'), JSON.stringify(session(3)))
  assert.equal((await store.get('a')).n, 3)
})

/* A destroyed session stays so */

withEach('a late save is dropped after a logout on another machine, and who saves is told', async ({ t, client, prefix }) => {
  const slow = slowPage((req, res) => {
    req.session.late = true
    req.session.save(err => res.end(err ? err.code : 'saved'))
  })
  const subject = { store: (t, options) => new RedisStore({ client, prefix, ...options }) }
  const one = await app(subject, t, { ...pages, '/slow': slow })
  const other = await app(subject, t, pages)
  const ann = one.browser()
  await ann.get('/login')
  const answer = ann.copy().get('/slow')
  await until(() => slow.isWaiting)
  await other.get('/logout', { cookie: ann.cookie })
  slow.goOn()
  assert.equal((await answer).body, 'ERR_SESSION_DESTROYED')
  assert.equal((await other.get('/read', { cookie: ann.cookie })).body, '{}')
})

withEach('a session that has expired in Redis while its request ran is dropped too, and who saves is told why', async ({ t, client, prefix, key, raw }) => {
  const end = (req, res) => res.end('ended')
  const save = (req, res) => req.session.save(err => res.end(`${err?.code}: ${err?.message}`))
  const [ends, saves] = [end, save].map(answer => slowPage((req, res) => {
    req.session.late = true
    answer(req, res)
  }))
  const one = await app({ store: (t, options) => new RedisStore({ client, prefix, ...options }) }, t, { ...pages, '/ends': ends, '/saves': saves })
  const ann = one.browser()
  for (const [path, slow, expected] of [
    ['/ends', ends, /^ended$/], ['/saves', saves, /^ERR_SESSION_DESTROYED: the session was destroyed, expired or evicted after/]
  ]) {
    const sid = (await ann.get('/login')).body
    const answer = ann.get(path)
    await until(() => slow.isWaiting)
    await raw('PEXPIRE', key(sid), 1)
    await until(async () => await raw('EXISTS', key(sid)) === 0)
    slow.goOn()
    assert.match((await answer).body, expected)
    assert.equal(await raw('EXISTS', key(sid)), 0)
  }
  assert.deepEqual(one.errors, [])
})

withEach('a session that was loaded is written only where it still exists', async ({ store, key, raw }) => {
  const engine = engineOf(store)
  const write = writeOf('a')
  assert.equal(await askEngine(engine, 'commit', write), DONE)
  assert.equal(await askEngine(engine, 'commit', { ...writeOf('a'), revision: write.revision }), DONE)
  await raw('DEL', key('a'))
  assert.equal(await askEngine(engine, 'commit', { ...writeOf('a'), revision: write.revision }), DROPPED)
  assert.equal(await raw('EXISTS', key('a')), 0)
})

withEach('compare and set: done, dropped, or changed with what is there', async ({ store, key, raw }) => {
  const engine = engineOf(store)
  assert.equal(engine.capabilities.compareAndSet, true)
  const write = (expected, text) => ({ ...writeOf('a', { now: Date.now(), maxAge: MINUTE }), text, expected })
  assert.equal(await askEngine(engine, 'commit', write('one', 'two')), DROPPED)
  await raw('SET', key('a'), 'one')
  assert.equal(await askEngine(engine, 'commit', write('one', 'two')), DONE)
  assert.equal(await raw('GET', key('a')), 'two')
  near(await raw('PTTL', key('a')), MINUTE)
  const late = write('one', 'three')
  assert.equal(await askEngine(engine, 'commit', late), CHANGED)
  assert.equal(late.found, 'two')
  assert.equal(await raw('GET', key('a')), 'two')
})

withEach('any sequence of calls does what a map does', async ({ client }) => {
  const sid = fc.constantFrom('a', 'b', '', 'caf\xe9', '日本')
  const step = fc.oneof(...['set', 'late', 'get', 'touch', 'destroy', 'ids'].map(name => fc.record({ name: fc.constant(name), sid, n: fc.nat() })))
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
    const engine = engineOf(new RedisStore({ client, prefix: `m${count++}:` }))
    const model = new Map()
    for (const { name, sid, n } of steps) {
      const write = writeOf(sid, { data: { n }, now: Date.now() })
      if (name === 'set') {
        assert.equal(await askEngine(engine, 'commit', write), DONE)
        model.set(sid, n)
      } else if (name === 'late') {
        const known = await askEngine(engine, 'get', sid, Date.now())
        if (known) write.revision = known.revision
        if (n % 2 === 0) await askEngine(engine, 'destroy', sid, Date.now())
        const isDropped = known !== undefined && n % 2 === 0
        assert.equal(await askEngine(engine, 'commit', write), isDropped ? DROPPED : DONE)
        if (isDropped) model.delete(sid)
        else model.set(sid, n)
      } else if (name === 'get') {
        const stored = await askEngine(engine, 'get', sid, Date.now())
        assert.equal(stored && JSON.parse(stored.text).n, model.get(sid))
      } else if (name === 'touch') {
        await askEngine(engine, 'touch', write)
      } else if (name === 'destroy') {
        await askEngine(engine, 'destroy', sid, Date.now())
        model.delete(sid)
      } else {
        const page = await askEngine(engine, 'ids', 0, Date.now())
        assert.ok(page.every(sid => model.has(sid)))
      }
    }
    for (const sid of ['a', 'b', '', 'caf\xe9', '日本']) {
      const stored = await askEngine(engine, 'peek', sid, Date.now())
      assert.equal(stored && JSON.parse(stored.text).n, model.get(sid))
    }
  }), { numRuns: 60 })
})

withEach('nothing shows ids, sessions or the client', async ({ store }) => {
  await store.set('secret-id', { cookie: {}, name: 'secret-name' })
  const reading = store.get('secret-id')
  const shown = require('node:util').inspect(store, { depth: 9, showHidden: true })
  assert.doesNotMatch(shown, /secret|6379|socket/)
  await reading
  await turns()
})
