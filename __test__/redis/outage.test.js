'use strict'

// Redis gone: an answer in bounded time. Redis back: all works at once.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const ours = require('../..')
const { until } = require('../helpers/calls')
const { app, pages } = require('../engines/app')
const TimeLimit = require('../../lib/stores/redis/time-limit')
const { clientsOf, names } = require('./clients')
const { clusterMissing, missing, startCluster, startRedis, startSentinel } = require('./servers')

const { RedisStore, Cookie } = ours
const session = n => ({ cookie: new Cookie({ maxAge: 60_000 }), n })
const TIMEOUT = 400

/** The error of a call that must fail. */
async function failure (call) {
  try {
    await call()
  } catch (err) {
    assert.ok(err instanceof Error)
    return err
  }
  assert.fail('no error')
}

/** What a store says of its server, as it comes. */
function heard (store) {
  const events = []
  for (const event of ['connect', 'disconnect']) store.on(event, () => events.push(event))
  return events
}

/** Servers, those of them that go, and what a client is made with. */
const topologies = {
  async single () {
    const server = await startRedis()
    return { servers: [server], going: [server], at: server.port }
  },
  async sentinel () {
    const { master, replica, sentinel } = await startSentinel()
    return { servers: [sentinel, master, replica], going: [master, replica], at: sentinel.port }
  },
  async cluster () {
    const nodes = await startCluster()
    return { servers: nodes, going: nodes, at: nodes.map(({ port }) => port) }
  }
}
topologies.pool = topologies.single

for (const [form, start] of Object.entries(topologies)) {
  for (const name of names.filter(name => clientsOf(name)[form] !== undefined)) {
    test(`${name}, ${form}: killed and started again`, { skip: form === 'cluster' ? clusterMissing : missing }, async t => {
      const { servers, going, at } = await start()
      const client = await clientsOf(name)[form](t, at)
      // After the client is closed: one with Sentinel would go on looking for it.
      t.after(() => Promise.all(servers.map(server => server.kill())))
      const store = new RedisStore({ client, storeTimeout: TIMEOUT })
      t.after(() => store.close())
      const events = heard(store)
      await store.set('a', session(1))

      await Promise.all(going.map(server => server.kill()))
      for (const call of [() => store.get('a'), () => store.set('a', session(2)), () => store.touch('a', session(2)), () => store.destroy('a')]) {
        await failure(call)
      }
      await until(() => events.length > 0)
      assert.deepEqual(events, ['disconnect'])
      for (const call of [() => store.get('a'), () => store.set('a', session(2)), () => store.destroy('a'), () => store.length(), () => store.all()]) {
        assert.equal((await failure(call)).code, 'ERR_SESSION_STORE_DISCONNECTED')
      }

      await Promise.all(going.map(server => server.start()))
      await until(() => events.length > 1, 20_000)
      assert.deepEqual(events.slice(0, 2), ['disconnect', 'connect'])
      // The other nodes of a cluster may be back a moment later.
      const call = () => store.set('b', session(3))
      if (form === 'single') await call()
      else await until(() => call().then(() => true, () => false), 20_000)
      assert.equal((await store.get('b')).n, 3)
      // node-redis would throw some time after a pool was destroyed that has commands on their way.
      if (form === 'pool') await until(() => client.clientsInUse === 0)
    })
  }
}

test('one node of a cluster stopped: the sessions on the others are there, and the store is not down', { skip: clusterMissing }, async t => {
  const nodes = await startCluster()
  for (const node of nodes) await node.talk('CONFIG', 'SET', 'cluster-require-full-coverage', 'no')
  const stores = []
  for (const name of names) {
    const client = await clientsOf(name).cluster(t, nodes.map(({ port }) => port))
    const store = new RedisStore({ client, storeTimeout: 2000, prefix: name })
    t.after(() => store.close())
    stores.push([name, store, heard(store)])
  }
  t.after(() => Promise.all(nodes.map(node => node.kill())))
  const sids = Array.from({ length: 20 }, (_, n) => 'id' + n)
  for (const [, store] of stores) await Promise.all(sids.map((sid, n) => store.set(sid, session(n))))
  nodes[0].pause()
  await Promise.all(stores.map(async ([name, store, events]) => {
    const outcomes = await Promise.all(sids.map(sid => store.get(sid).then(() => 'there', () => 'not')))
    const [there, gone] = ['there', 'not'].map(outcome => sids.filter((sid, i) => outcomes[i] === outcome))
    assert.ok(there.length > 0 && gone.length > 0, `${name}: ${outcomes}`)
    // Somebody asks for the sessions on the node that is stopped, and somebody for the others.
    const asking = { isDone: false }
    const failing = failure(() => store.get(gone[0])).then(() => failure(() => store.get(gone[0]))).finally(() => { asking.isDone = true })
    while (!asking.isDone) {
      for (const sid of there) assert.equal((await store.get(sid)).n, sids.indexOf(sid), name)
    }
    await failing
    assert.deepEqual(events, [], name)
  }))
})

test('which errors are answers of a server, and which say that there is none', () => {
  const { isAnswer, isSilence, timedOut } = require('../../lib/stores/redis/errors')
  for (const [message, answer, silence] of [
    ['NOPERM this user has no permissions', true, false],
    ['WRONGTYPE Operation against a key', true, false],
    ['ERR max number of clients reached', true, false],
    ['LOADING Redis is loading the dataset in memory', false, true],
    ['CLUSTERDOWN Hash slot not served', false, true],
    ['connect ECONNREFUSED 127.0.0.1:6379', false, true],
    ['Socket closed unexpectedly', false, true],
    ['Timeout waiting for a client', false, true],
    [timedOut(1).message, false, true],
    // What the app does with its client says nothing of the server.
    ['The client is closed', false, false],
    ['Connection in subscriber mode, only subscriber commands may be used', false, false]
  ]) {
    assert.deepEqual([isAnswer(new Error(message)), isSilence(new Error(message))], [answer, silence], message)
  }
})

for (const name of names) {
  const check = (title, run) => test(`${name}: ${title}`, { skip: missing }, run)

  check('stopped and continued', async t => {
    const server = await startRedis()
    t.after(() => server.kill())
    const store = new RedisStore({ client: await clientsOf(name).single(t, server.port), storeTimeout: TIMEOUT })
    t.after(() => store.close())
    const events = heard(store)
    await store.set('a', session(1))
    server.pause()
    const errors = await Promise.all([failure(() => store.get('a')), failure(() => store.set('b', session(2))), failure(() => store.get('c'))])
    assert.deepEqual(errors.map(({ code }) => code), Array(3).fill('ERR_SESSION_STORE_TIMEOUT'))
    // The connections are there: only the missing answers tell.
    await until(() => events.length > 0)
    assert.equal((await failure(() => store.get('a'))).code, 'ERR_SESSION_STORE_DISCONNECTED')
    server.goOn()
    await until(() => events.length > 1)
    assert.deepEqual(events, ['disconnect', 'connect'])
    assert.equal((await store.get('a')).n, 1)
  })

  check('requests: an error in bounded time; then what onDisconnect says', async t => {
    const server = await startRedis()
    t.after(() => server.kill())
    const client = await clientsOf(name).single(t, server.port)
    const subject = { store: (t, options) => new RedisStore({ client, storeTimeout: TIMEOUT, ...options }) }
    const handlers = { ...pages, '/any' (req, res) { res.end(req.session ? 'session' : 'none') } }
    const kinds = {
      error: await app(subject, t, handlers),
      skip: await app(subject, t, handlers, { onDisconnect: 'skip' }),
      function: await app(subject, t, handlers, { onDisconnect: (req, res) => { res.statusCode = 503; res.end('later') } })
    }
    const ann = kinds.error.browser()
    await ann.get('/count')
    await server.kill()
    const { status } = await ann.get('/count')
    assert.equal(status, 500)
    const { store } = kinds.function
    await until(async () => (await failure(() => store.get('a'))).code === 'ERR_SESSION_STORE_DISCONNECTED')
    assert.equal((await ann.get('/count')).body, 'the session store is disconnected')
    for (const [kind, expected] of [['skip', 'none'], ['function', 'later']]) {
      assert.equal((await kinds[kind].get('/any')).body, expected)
    }
    await server.start()
    await until(async () => (await kinds.error.get('/any')).body === 'session')
    for (const { store } of Object.values(kinds)) store.close()
  })
}

test('the time limit: in order, each once, and nothing is left', async () => {
  const limit = new TimeLimit(60)
  const seen = []
  const pending = []
  const wait = name => {
    let settle
    limit.wait(new Promise((resolve, reject) => { settle = { resolve, reject } }), (err, value) => seen.push([name, err ? err.code || err.message : value]))
    pending.push(settle)
    return settle
  }
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(wait)
  b.resolve(1)
  d.reject(new Error('no'))
  await until(() => seen.length === 4)
  const late = 'ERR_SESSION_STORE_TIMEOUT'
  assert.deepEqual(seen, [['b', 1], ['d', 'no'], ['a', late], ['c', late]])
  a.resolve(2)
  c.reject(new Error('late'))
  const e = wait('e')
  e.resolve(3)
  wait('f')
  await until(() => seen.length === 6)
  assert.deepEqual(seen.slice(4), [['e', 3], ['f', late]])
})
