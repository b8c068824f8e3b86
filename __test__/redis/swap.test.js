'use strict'

// RedisStore in the place of connect-redis, and beside it: an app goes over from one to the other, and back, on live data.

const assert = require('node:assert/strict')
const { after, before, test } = require('node:test')
const Cookie = require('../../lib/cookie/cookie')
const ours = require('../..')
const { until } = require('../helpers/calls')
const { serve } = require('../helpers/server')
const { clientsOf } = require('./clients')
const { missing, startRedis } = require('./servers')

const upstream = require('express-session') // of this folder: connect-redis inherits from its Store
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const [NODE] = process.versions.node.split('.').map(Number)

let server
before(async () => { if (!missing) server = await startRedis() })
after(() => server?.kill())

const majors = [
  ['connect-redis 9', 'connect-redis-9', false],
  ['connect-redis 10', 'connect-redis-10', NODE < 22 && 'connect-redis 10 needs Node 22']
]

/** The same app under either package and store. */
function appOf (t, session, store, options) {
  const middleware = session({ secret: 'keyboard cat', resave: false, saveUninitialized: false, cookie: { maxAge: HOUR }, ...options, store })
  return serve(t, middleware, (req, res) => pages[req.url](req, res))
}

const pages = {
  '/count' (req, res) {
    req.session.views = (req.session.views || 0) + 1
    req.session.name = 'Zo\xeb \u65e5 \u{1f600}'
    res.end(String(req.session.views))
  },
  '/read' (req, res) {
    res.end(JSON.stringify({ ...req.session, cookie: undefined }))
  },
  '/login' (req, res) {
    req.session.regenerate(err => {
      assert.ifError(err)
      req.session.user = 'ann'
      res.end()
    })
  },
  '/logout' (req, res) {
    req.session.destroy(err => {
      assert.ifError(err)
      res.end()
    })
  }
}

for (const [name, module, skip] of majors) {
  let count = 0

  /** Both stores on one prefix. */
  async function both (t, options) {
    const { RedisStore: Theirs } = require(module)
    const client = await clientsOf('redis 5').single(t, server.port)
    const given = { client, prefix: `swap${count++}:`, ...options }
    const mine = new ours.RedisStore(given)
    t.after(() => mine.close())
    return { client, prefix: given.prefix, theirs: new Theirs(given), mine }
  }

  const swap = (title, run) => test(`${name}: ${title}`, { skip: missing || skip }, run)

  swap('the same options, key, text and TTL', async t => {
    for (const options of [{}, { ttl: 60 }, { ttl: session => session.n }, { disableTTL: true }]) {
      const { client, prefix, theirs, mine } = await both(t, options)
      const session = { cookie: new Cookie({ maxAge: MINUTE }), n: 30, list: [{ a: null }], name: 'Zo\xeb' }
      const bare = { cookie: new Cookie(), n: 40 }
      for (const [sid, data] of [['a', session], ['b', bare]]) {
        const seen = []
        for (const store of [theirs, mine]) {
          await store.set(sid, data)
          seen.push([await client.get(prefix + sid), await client.ttl(prefix + sid)])
        }
        assert.equal(seen[1][0], seen[0][0])
        assert.ok(Math.abs(seen[1][1] - seen[0][1]) <= 1, `TTL ${seen[1][1]} of ${seen[0][1]}`)
      }
      for (const property of ['prefix', 'scanCount', 'ttl', 'disableTTL', 'disableTouch', 'serializer', 'client']) {
        assert.equal(mine[property], theirs[property], property)
      }
    }
  })

  swap('all methods give the same on the same keys', async t => {
    const { theirs, mine } = await both(t)
    for (const [n, store] of [theirs, mine, theirs].entries()) await store.set('s' + n, { cookie: { originalMaxAge: null }, n })
    const sort = all => all.sort((a, b) => a.n - b.n)
    assert.deepEqual(sort(await mine.all()), sort(await theirs.all()))
    assert.deepEqual((await mine.ids()).sort(), (await theirs.ids()).sort())
    assert.equal(await mine.length(), await theirs.length())
    for (const sid of ['s0', 's1', 's2']) assert.deepEqual(await mine.get(sid), await theirs.get(sid))
    await mine.destroy('s0')
    assert.equal(await theirs.get('s0'), null)
    await theirs.destroy('s1')
    assert.equal(await mine.get('s1'), undefined)
    await mine.clear()
    assert.equal(await theirs.length(), 0)
  })

  swap('there and back, step by step: the client keeps its cookie and its session', async t => {
    const { theirs, mine } = await both(t)
    const old = await appOf(t, upstream, theirs)
    const fresh = await appOf(t, ours, mine)
    const jar = old.browser()
    const at = app => { jar.target = app; return jar }
    let views = 0
    for (const app of [old, fresh, old, fresh, fresh, old]) {
      assert.equal((await at(app).get('/count')).body, String(++views))
      assert.equal((await at(app === old ? fresh : old).get('/read')).body, `{"views":${views},"name":"Zo\xeb \u65e5 \u{1f600}"}`)
    }
    const stale = jar.copy()
    await at(fresh).get('/login')
    assert.equal((await at(old).get('/read')).body, '{"user":"ann"}')
    stale.target = old
    assert.equal((await stale.get('/read')).body, '{}')
    await at(old).get('/logout')
    assert.equal((await at(fresh).get('/read')).body, '{}')
    assert.deepEqual([...old.errors, ...fresh.errors], [])
    assert.equal(await mine.length(), 0)
  })

  swap('a rolling deploy: four processes of both, one keyspace, many clients', async t => {
    const { theirs, mine } = await both(t)
    const apps = [await appOf(t, upstream, theirs), await appOf(t, ours, mine), await appOf(t, ours, theirs), await appOf(t, ours, mine)]
    const clients = Array.from({ length: 10 }, () => apps[0].browser())
    await Promise.all(clients.map(async (browser, n) => {
      for (let i = 1; i <= 12; i++) {
        browser.target = apps[(n * 5 + i * 7) % 4]
        assert.equal((await browser.get('/count')).body, String(i))
      }
      browser.target = apps[(n + 1) % 4]
      await browser.get('/logout')
      for (const app of apps) {
        browser.target = app
        assert.equal((await browser.get('/read')).body, '{}')
      }
    }))
    for (const { errors } of apps) assert.deepEqual(errors, [])
    assert.equal(await mine.length(), 0)
  })

  swap('each keeps a session alive that the other reads: neither logs anybody out early', async t => {
    const { client, prefix, theirs, mine } = await both(t)
    const maxAge = 1500
    const old = await appOf(t, upstream, theirs, { cookie: { maxAge }, rolling: true })
    const fresh = await appOf(t, ours, mine, { cookie: { maxAge }, rolling: true })
    const jar = old.browser()
    await jar.get('/count')
    const started = Date.now()
    for (let i = 0; Date.now() - started < 3 * maxAge; i++) {
      jar.target = i % 2 ? old : fresh
      await new Promise(resolve => setTimeout(resolve, maxAge / 5))
      assert.match((await jar.get('/read')).body, /"views":1/)
    }
    await until(async () => (await client.keys(`${prefix}*`)).length === 0) // and it expires
  })
}
