'use strict'

// The near cache, step by step: what is served from it, and when it is left out.

const assert = require('node:assert/strict')
const { execFile } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { after, before, test } = require('node:test')
const { setTimeout: sleep } = require('node:timers/promises')
const { promisify } = require('node:util')
const { RedisStore, Cookie } = require('../..')
const { Keyring } = require('../../lib/native')
const { PENDING } = require('../../lib/stores/engine')
const { Loaded } = require('../../lib/stores/loaded')
const { engineOf } = require('../../lib/stores/store-engine')
const Lease = require('../../lib/stores/redis/near/lease')
const { elapsed } = require('../../lib/util/clock')
const { until } = require('../helpers/calls')
const { app, pages } = require('../engines/app')
const { clientsOf, names } = require('./clients')
const Proxy = require('./proxy')
const { clusterMissing, missing, startCluster, startRedis, startSentinel } = require('./servers')

const keyring = new Keyring('sid', ['keyboard cat'])
const session = (n, maxAge = 60_000) => ({ cookie: new Cookie({ maxAge }), n })
const load = (store, sid) => engineOf(store).load(keyring, `sid=${keyring.seal(sid)}`, Date.now()).found
const isNear = (store, sid) => load(store, sid) instanceof Loaded

let server
before(async () => { if (!missing) server = await startRedis() })
after(() => server?.kill())

let count = 0

const PAGE = path.join(__dirname, '../../docs/redis.md')
/** What the clients send by themselves. */
const OF_CLIENTS = ['+hello', '+select', '+quit']

/** Longer than a busy machine keeps a process waiting. */
const STEADY = { lease: 20_000 }

/** Runs a test with each client: a near cached store that is fresh, one that is not near cached, and the server. */
function withEach (title, run, options, others) {
  for (const name of names) {
    test(`${name}: ${title}`, { skip: missing }, async t => {
      const proxy = await new Proxy(() => server.port).listen()
      t.after(() => proxy.close())
      const client = await clientsOf(name).single(t, proxy.port)
      const prefix = `n${count++}:`
      const near = new RedisStore({ client, prefix, nearCache: { ...STEADY, ...options }, ...others })
      const far = new RedisStore({ client: await clientsOf('redis 5').single(t, server.port), prefix })
      t.after(() => { near.close(); far.close() })
      await until(() => near.stats().near.isFresh)
      await run({ t, near, far, client, proxy, prefix, key: sid => prefix + sid, talk: (...args) => server.talk(...args) })
    })
  }
}

/** Reads until a session is near: what the own write has changed is told a moment later. */
async function bringNear (store, sid) {
  await until(async () => await store.get(sid) !== undefined && isNear(store, sid))
}

withEach('a session that was read is read again at once, with its cookie, and without a command', async ({ near, far, talk }) => {
  await far.set('a', { ...session(1), name: 'Zo\xeb \u65e5' })
  assert.equal(load(near, 'a'), PENDING)
  const first = await near.get('a')
  await bringNear(near, 'a')
  const commands = async () => Number(/total_commands_processed:(\d+)/.exec(await talk('INFO', 'stats'))[1])
  await sleep(20)
  const [before, pinged] = [await commands(), performance.now()]
  for (let i = 0; i < 1000; i++) {
    const found = load(near, 'a')
    assert.equal(found.data.n, 1)
  }
  assert.ok(await commands() - before <= 2 + Math.ceil((performance.now() - pinged) / 2000), 'only pings')
  const found = load(near, 'a')
  assert.deepEqual(JSON.parse(JSON.stringify({ cookie: found.cookie, ...found.data })), first)
  assert.deepEqual(await near.get('a'), first)
})

withEach('a session is kept from its second read on: the first sends GET alone', async ({ near, far, talk }) => {
  const calls = async (command) => Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(await talk('INFO', 'commandstats'))?.[1] ?? 0)
  await far.set('a', session(1))
  const [gets, ttls] = [await calls('get'), await calls('pttl')]
  assert.equal((await near.get('a')).n, 1)
  assert.deepEqual([await calls('get') - gets, await calls('pttl') - ttls, isNear(near, 'a')], [1, 0, false])
  assert.equal((await near.get('a')).n, 1)
  assert.deepEqual([await calls('get') - gets, await calls('pttl') - ttls, isNear(near, 'a')], [2, 1, true])

  await far.set('a', session(2))
  await until(() => !isNear(near, 'a'))
  assert.equal((await near.get('a')).n, 2)
  assert.equal(isNear(near, 'a'), true, 'a session that has changed is known')
})

withEach('the key by which a near cache proves that changes are told is no session', async ({ near, far, key, talk }) => {
  await far.set('a', session(1))
  await talk('SET', key('near-cache-test-b'), '')
  for (const store of [near, far]) {
    assert.deepEqual(await store.ids(), ['a'])
    assert.equal(await store.length(), 1)
    assert.deepEqual((await store.all()).map(({ id }) => id), ['a'])
  }
})

withEach('what others change is seen: set, touch, destroy, clear', async ({ near, far }) => {
  for (const [change, expected] of [
    [() => far.set('a', session(2)), 2],
    [() => far.destroy('a'), undefined],
    [() => far.set('a', session(3)), 3],
    [() => far.clear(), undefined]
  ]) {
    await far.set('a', session(1))
    await bringNear(near, 'a')
    await change()
    await until(() => !isNear(near, 'a'))
    assert.equal((await near.get('a'))?.n, expected)
  }
  await far.set('a', session(1))
  await bringNear(near, 'a')
  const touched = session(1, 300_000)
  await far.touch('a', touched)
  await until(() => !isNear(near, 'a'))
  assert.equal((await near.get('a')).cookie.expires, touched.cookie.expires.toISOString())
})

withEach('own writes are read back at once', async ({ near }) => {
  await near.set('a', session(1))
  for (let n = 2; n < 50; n++) {
    await near.set('a', session(n))
    assert.equal((await near.get('a')).n, n)
    assert.equal((await near.get('a')).n, n)
  }
  await near.destroy('a')
  assert.equal(await near.get('a'), undefined)
  await near.set('b', session(1))
  await bringNear(near, 'b')
  await near.clear()
  assert.equal(await near.get('b'), undefined)
})

/** Does something, and waits until the near cache has heard of it. */
async function told (near, change) {
  const { dropped } = near.stats().near
  await change()
  await until(() => near.stats().near.dropped > dropped)
}

withEach('a read on its way when the session changes is not kept', async ({ near, far, proxy }) => {
  for (const [sid, change] of [['a', () => far.set('a', session(2))], ['b', () => far.destroy('b')]]) {
    await told(near, () => far.set(sid, session(1)))
    const release = proxy.hold('data', 'client')
    const reading = near.get(sid)
    await until(() => proxy.held('client') > 0)
    await told(near, change)
    release()
    assert.equal((await reading).n, 1, 'it began before')
    assert.equal(isNear(near, sid), false)
  }
  assert.equal((await near.get('a')).n, 2)
  assert.equal(await near.get('b'), undefined)
})

withEach('a near session expires with its key, not with its cookie', async ({ t, near, key, talk }) => {
  await untold(t, talk)
  await until(async () => {
    await told(near, () => talk('SET', key('a'), JSON.stringify(session(1)), 'PX', '200'))
    await near.get('a')
    return isNear(near, 'a')
  })
  await until(async () => await near.get('a') === undefined)
  await talk('SET', key('b'), JSON.stringify(session(1, -5000)))
  await bringNear(near, 'b') // as after a touch of connect-redis, which leaves the text
})

withEach('an answer that comes late is kept for what its key has left', async ({ t, near, proxy, key, talk }) => {
  await untold(t, talk)
  await told(near, () => talk('SET', key('a'), JSON.stringify(session(1)), 'PX', '300'))
  const release = proxy.hold('data', 'client')
  const reading = near.get('a')
  await sleep(300)
  release()
  const found = await reading
  assert.ok(found === undefined || found.n === 1)
  assert.equal(isNear(near, 'a'), false)
})

/** The server does not look for keys that have expired, and so tells of none. */
async function untold (t, talk) {
  await talk('DEBUG', 'SET-ACTIVE-EXPIRE', '0')
  t.after(() => talk('DEBUG', 'SET-ACTIVE-EXPIRE', '1'))
}

withEach('own writes by a script that the server does not know yet', async ({ near, far, proxy, talk, prefix }) => {
  for (let n = 1; n <= 5; n++) {
    await far.set('a', session(n))
    await bringNear(near, 'a')
    await talk('SCRIPT', 'FLUSH')
    // What the server tells comes late, and a read comes between the two trips.
    const release = proxy.hold('tracking', 'client')
    const touched = session(n, 300_000)
    const touching = near.touch('a', touched)
    const touch = { isDone: false }
    touching.then(() => { touch.isDone = true })
    while (!touch.isDone) await near.get('a')
    assert.equal((await near.get('a')).cookie.expires, touched.cookie.expires.toISOString())
    release()
  }
})

withEach('ids that are no valid Unicode are not kept: the server can not name them', async ({ near }) => {
  await near.set('\ud800', session(1))
  await near.set('\ud83d\ude00', session(2))
  await bringNear(near, '\ud83d\ude00')
  assert.equal((await near.get('\ud800')).n, 1)
  const { hits } = near.stats().near
  assert.equal((await near.get('\ud800')).n, 1)
  assert.equal(near.stats().near.hits, hits)
})

for (const name of names) {
  const isNode = name.startsWith('redis')
  for (const [what, clientOptions, storeOptions] of [
    ['without a prefix', {}, { prefix: '' }],
    ['another database', isNode ? { database: 3 } : { db: 3 }, {}],
    ['replies of other types', isNode ? { commandOptions: { typeMapping: { 36: Buffer, 58: String } } } : { stringNumbers: true }, {}],
    ...isNode ? [['RESP2', { RESP: 2 }, {}]] : [['a prefix of the client', { keyPrefix: 'app:' }, {}]]
  ]) {
    test(`${name}: ${what}`, { skip: missing }, async t => {
      const client = await clientsOf(name).single(t, server.port, clientOptions)
      const [near, far] = [{ nearCache: true }, {}].map(options => new RedisStore({ client, prefix: `o${count}:`, ...storeOptions, ...options }))
      count++
      t.after(() => { near.close(); far.close() })
      await until(() => near.stats().near.isFresh)
      await far.set('a', session(1))
      await bringNear(near, 'a')
      await far.set('a', session(2))
      await until(() => !isNear(near, 'a'))
      assert.equal((await near.get('a')).n, 2)
      await far.destroy('a')
    })
  }
}

withEach('FLUSHALL, and keys that the server evicts', async ({ near, far, talk, key }) => {
  await far.set('a', session(1))
  await bringNear(near, 'a')
  await talk('FLUSHALL')
  await until(() => !isNear(near, 'a'))
  assert.equal(await near.get('a'), undefined)
  await far.set('b', session(1))
  await bringNear(near, 'b')
  await talk('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-random')
  await talk('CONFIG', 'SET', 'maxmemory', '1')
  await until(async () => { await talk('SET', 'x', '1'); return !isNear(near, 'b') })
  await talk('CONFIG', 'SET', 'maxmemory', '0')
  await talk('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
})

withEach('silence: nothing is served later than the lease, and all again when pings are answered', async ({ near, far, proxy }) => {
  await far.set('a', session(1))
  await bringNear(near, 'a')
  proxy.set('tracking', { delay: (pair, to) => to === 'client' ? 900 : 0 })
  await far.destroy('a')
  const destroyed = performance.now()
  for (let after = 0; after < 600; after = performance.now() - destroyed) {
    if (isNear(near, 'a')) assert.ok(after < 300, `served ${after} ms after`)
    await sleep(5)
  }
  proxy.heal()
  await until(() => near.stats().near.isFresh)
  assert.equal(await near.get('a'), undefined)
}, { lease: 300 })

withEach('a connection that is lost: the cache is empty, and fills again', async ({ near, far, proxy }) => {
  for (const kind of ['tracking', 'data']) {
    await far.set('a', session(1))
    await bringNear(near, 'a')
    const { flushes } = near.stats().near
    proxy.cut(kind)
    await until(() => near.stats().near.flushes > flushes)
    await until(() => near.stats().near.isFresh)
    await bringNear(near, 'a')
  }
})

withEach('bounds: max and maxBytes', async ({ near, far }) => {
  for (let n = 0; n < 50; n++) {
    await far.set('a' + n, session(n))
    await bringNear(near, 'a' + n)
  }
  assert.equal(near.stats().near.sessions, 10)
  await far.set('large', { ...session(1), pad: 'x'.repeat(50_000) })
  assert.equal((await near.get('large')).pad.length, 50_000)
  assert.equal((await near.get('large')).pad.length, 50_000)
  assert.equal(isNear(near, 'large'), false)
}, { max: 10, maxBytes: 40_000 })

withEach('reads share a GET for as long as nothing has changed', async ({ near, far, proxy }) => {
  await told(near, () => far.set('a', session(1)))
  const release = proxy.hold('data', 'client')
  const { reads } = near.stats()
  const first = near.get('a')
  await until(() => proxy.held('client') > 0)
  const second = near.get('a')
  await told(near, () => far.set('a', session(2)))
  const third = near.get('a')
  release()
  assert.deepEqual([(await first).n, (await second).n, (await third).n], [1, 1, 2])
  assert.equal(near.stats().reads - reads, 2)
})

withEach('requests: a login on another machine, a logout, and a late save', async ({ t, near, far }) => {
  const [one, other] = await Promise.all([near, far].map(store => app({ store: () => store }, t, pages)))
  const ann = other.browser()
  await ann.get('/login')
  ann.target = one
  for (let i = 1; i <= 5; i++) assert.equal((await ann.get('/count')).body, String(i))
  await until(async () => {
    assert.equal((await ann.get('/read')).body, '{"user":"ann","views":5}')
    return near.stats().near.hits > 0
  })
  ann.target = other
  await ann.get('/logout')
  await until(async () => (await one.get('/read', { cookie: ann.cookie })).body === '{}')
  assert.deepEqual([...one.errors, ...other.errors], [])
})

withEach('requests: each is one miss or one hit', async ({ t, near }) => {
  const ann = (await app({ store: () => near }, t, pages)).browser()
  await ann.get('/login')
  const before = near.stats().near
  const counted = () => ['misses', 'hits'].map(what => near.stats().near[what] - before[what])
  let requests = 0
  const read = () => {
    requests++
    return ann.get('/read')
  }
  await read()
  assert.deepEqual(counted(), [1, 0])
  await until(async () => {
    await read()
    return near.stats().near.hits > before.hits
  })
  assert.deepEqual(counted(), [requests - 1, 1])
})

const SECONDS = 20
withEach('requests: a session whose cookie has no expiry is touched once in a while, and never expires early', async ({ t, near, talk, key }) => {
  const touches = () => near.stats().touches
  let change
  const handlers = { ...pages, '/change': (req, res) => { change(req.session.cookie); res.end() } }
  const one = await app({ store: () => near }, t, handlers)
  const each = await app({ store: () => near }, t, handlers, { touchAfter: false })
  const ann = one.browser()
  const sid = (await ann.get('/login')).body
  /** Reads, and asks Redis how long the session has. */
  async function get (path = '/read') {
    const began = performance.now()
    await ann.get(path)
    const left = Number(/:(-?\d+)/.exec(await talk('PTTL', key(sid)))[1])
    assert.ok(left >= SECONDS * 1000 - (performance.now() - began) - 2, `${left} ms`)
    assert.ok(left <= SECONDS * 1000 * 1.05)
  }
  await until(async () => {
    await get()
    return isNear(near, sid)
  })
  const before = touches()
  let reads = 0
  await until(async () => {
    await get()
    reads++
    return touches() > before
  })
  assert.equal(touches() - before, 1)
  assert.ok(reads > 1, `${reads} reads`)
  // The app changes the cookie: that is stored.
  for (change of [cookie => { cookie.sameSite = 'strict' }, cookie => { cookie.maxAge = 60_000 }]) {
    await bringNear(near, sid)
    const before = touches()
    await ann.get('/change')
    assert.equal(touches() - before, 1)
  }
  // touchAfter is off.
  ann.target = each
  await ann.get('/login')
  for (let n = 0; n < 3; n++) {
    const before = touches()
    await ann.get('/read')
    assert.equal(touches() - before, 1)
  }
}, undefined, { ttl: SECONDS })

/* Where there is none */

for (const name of names) {
  test(`${name}: the server refuses to tell: said once, and every session is read from it`, { skip: missing }, async t => {
    const warnings = []
    t.mock.method(process, 'emitWarning', text => warnings.push(String(text)))
    const own = await startRedis()
    t.after(() => own.kill())
    await own.talk('ACL', 'SETUSER', 'limited', 'on', '>secret', '~*', '&*', '+@all', '-client|tracking')
    const client = await clientsOf(name).single(t, own.port, { username: 'limited', password: 'secret' })
    const store = new RedisStore({ client, nearCache: true })
    t.after(() => store.close())
    await until(() => warnings.length > 0)
    await store.set('a', session(1))
    assert.equal((await store.get('a')).n, 1)
    await own.talk('CLIENT', 'KILL', 'TYPE', 'normal') // the client comes back, and is refused again
    await until(() => store.get('a').then(() => true, () => false))
    await sleep(500)
    assert.equal(warnings.length, 1)
    assert.match(warnings[0], /nearCache option of RedisStore has no effect: .*NOPERM/)
    assert.equal(isNear(store, 'a'), false)
  })

  test(`${name}: the permissions that docs/redis.md lists are enough`, { skip: missing }, async t => {
    const own = await startRedis()
    t.after(() => own.kill())
    const [, ...listed] = /needs ([A-Z,\sand]+?) for touches, and ([A-Z,\sand]+?) for the near cache/.exec(fs.readFileSync(PAGE, 'utf8'))
    const commands = listed.join(' ').match(/[A-Z]+/g).map(command => '+' + command.toLowerCase())
    await own.talk('ACL', 'SETUSER', 'limited', 'on', '>secret', '~sess:*', '&__redis__:invalidate', ...commands, ...OF_CLIENTS)
    const client = await clientsOf(name).single(t, own.port, { username: 'limited', password: 'secret' })
    const store = new RedisStore({ client, nearCache: true })
    t.after(() => store.close())
    await until(() => store.stats().near.isFresh)
    await store.set('a', session(1))
    await until(() => store.get('a').then(() => isNear(store, 'a')))
    await store.touch('a', session(1))
    await store.set('b', session(2))
    assert.equal(await store.length(), 2)
    assert.deepEqual((await store.ids()).sort(), ['a', 'b'])
    assert.equal((await store.all()).length, 2)
    await store.destroy('b')
    await store.clear()
    assert.equal(await store.get('a'), undefined)
    assert.doesNotMatch(await own.talk('ACL', 'LOG'), /reason/)
  })
}

/** Where changes can not be told: the servers, what a client is made with, and how it is said. */
const untellable = {
  async cluster () {
    const nodes = await startCluster()
    return { servers: nodes, at: nodes.map(({ port }) => port), reason: /: a cluster/ }
  },
  pool: async () => ({ servers: [], at: server.port, reason: /: a pool/ }),
  async sentinel () {
    const { master, replica, sentinel } = await startSentinel()
    return { servers: [sentinel, master, replica], at: sentinel.port, reason: /: node-redis does not tell of a failover/ }
  }
}

for (const [form, start] of Object.entries(untellable)) {
  const title = form === 'sentinel' ? 'node-redis with sentinel' : `a ${form}`
  test(`${title}: said once, and every session is read from the server`, { skip: form === 'cluster' ? clusterMissing : missing }, async t => {
    const { servers, at, reason } = await start()
    t.after(() => Promise.all(servers.map(server => server.kill())))
    for (const name of names) {
      const make = clientsOf(name)[form]
      if (make === undefined || (form === 'sentinel' && name.startsWith('ioredis'))) continue
      await t.test(name, async t => {
        const warnings = []
        t.mock.method(process, 'emitWarning', text => warnings.push(String(text)))
        const store = new RedisStore({ client: await make(t, at), prefix: name, nearCache: true })
        t.after(() => store.close())
        for (const n of [1, 2]) {
          await store.set('a', session(n))
          for (let i = 0; i < 3; i++) assert.equal((await store.get('a')).n, n)
          assert.equal(isNear(store, 'a'), false)
        }
        assert.equal(warnings.length, 1)
        assert.match(warnings[0], /^the nearCache option of RedisStore has no effect: /)
        assert.match(warnings[0], reason)
        assert.equal(store.stats().near, undefined)
      })
    }
  })
}

test('there is none where nobody asks for it', () => {
  const client = { isOpen: true, sendCommand () {}, on () {}, off () {} }
  for (const nearCache of [undefined, null, false]) assert.equal(new RedisStore({ client, nearCache }).stats().near, undefined)
})

/* The lease */

test('a lease is valid from the sending of a ping that was answered', () => {
  const lease = new Lease(1000)
  assert.equal(lease.isValid(), false)
  lease.renew(elapsed() - 999)
  assert.equal(lease.isValid(), true)
  lease.renew(elapsed() - 5000)
  assert.equal(lease.isValid(), true, 'an older one shortens nothing')
  lease.revoke()
  assert.equal(lease.isValid(), false)
  lease.renew(elapsed() - 1001)
  assert.equal(lease.isValid(), false)
})

test('a machine that sleeps, or a clock that is set forward, ends the lease; both are noticed', async () => {
  // The clocks are taken when the file is loaded: a copy of it gets clocks of the test.
  const file = require.resolve('../../lib/stores/redis/near/lease')
  const { now } = Date
  let slept = 0
  Date.now = () => now() + slept
  delete require.cache[file]
  try {
    const OtherLease = require(file)
    const lease = new OtherLease(1000)
    lease.renew(elapsed())
    lease.hasJumped()
    assert.equal(lease.isValid(), true)
    assert.equal(lease.hasJumped(), false)
    slept = 3600_000
    assert.equal(lease.isValid(), false)
    assert.equal(lease.hasJumped(), true)
    lease.renew(elapsed())
    assert.equal(lease.isValid(), true)
    slept = 0
    assert.equal(lease.hasJumped(), true)
  } finally {
    Date.now = now
    delete require.cache[file]
  }
})

/* The process */

test('the near cache keeps no process alive', { skip: missing }, async () => {
  const script = `
    const { clientsOf, names } = require(${JSON.stringify(require.resolve('./clients'))})
    const { RedisStore } = require(${JSON.stringify(require.resolve('../..'))})
    for (const name of names) {
      (async () => {
        const client = await clientsOf(name).single({ after () {} }, ${server?.port})
        const store = new RedisStore({ client, nearCache: true })
        while (!store.stats().near.isFresh) await new Promise(resolve => setTimeout(resolve, 5))
        if (client.unref) client.unref()
        else client.stream.unref()
        console.log('done')
      })()
    }`
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], { timeout: 60_000 })
  assert.equal(stdout, 'done\n'.repeat(names.length))
})

test('of RedisStore only the constructor is loaded before there is a store', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', `
    const { RedisStore } = require(${JSON.stringify(require.resolve('../..'))})
    const loaded = () => Object.keys(require.cache).filter(file => /stores.redis/.test(file)).length
    const before = loaded()
    new RedisStore({ client: { isOpen: true, sendCommand () {}, on () {}, off () {} } })
    console.log(before, loaded() > 5)`])
  assert.equal(stdout, '1 true\n')
})
