'use strict'

// Sentinel, Cluster and pools, with each client that has them.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { RedisStore, Cookie } = require('../..')
const { toArray, until } = require('../helpers/calls')
const { clientsOf, names } = require('./clients')
const { clusterMissing, missing, startCluster, startRedis, startSentinel } = require('./servers')

const session = n => ({ cookie: new Cookie({ maxAge: 60_000 }), n })

/** What every store can do. */
async function works (store) {
  const sids = Array.from({ length: 300 }, (_, n) => 'id' + n)
  await Promise.all(sids.map((sid, n) => store.set(sid, session(n))))
  assert.equal((await store.get('id7')).n, 7)
  await store.touch('id7', session(0))
  await store.touch('id8', session(0)) // on another node, which does not know the script
  assert.equal((await store.get('id7')).n, 7)
  assert.deepEqual((await store.ids()).sort(), sids.sort())
  assert.equal(await store.length(), 300)
  const all = await store.all()
  assert.ok(all.length === 300 && all.every(({ id, n }) => id === 'id' + n))
  assert.equal((await toArray(store.keys())).length, 300)
  await store.destroy(sids.slice(0, 100))
  assert.equal(await store.length(), 200)
  await store.clear()
  assert.equal(await store.length(), 0)
  assert.equal(await store.get('id150'), undefined)
}

const having = form => names.filter(name => clientsOf(name)[form] !== undefined)

test('a cluster of three nodes', { skip: clusterMissing }, async t => {
  const nodes = await startCluster()
  t.after(() => Promise.all(nodes.map(node => node.kill())))
  for (const name of having('cluster')) {
    await t.test(name, async t => {
      const store = new RedisStore({ client: await clientsOf(name).cluster(t, nodes.map(({ port }) => port)), prefix: name })
      await works(store)
      store.close()
    })
  }
  await t.test('the sessions were on all nodes', async t => {
    const store = new RedisStore({ client: await clientsOf('redis 5').cluster(t, nodes.map(({ port }) => port)) })
    for (let n = 0; n < 50; n++) await store.set('id' + n, session(n))
    for (const node of nodes) assert.match(await node.talk('DBSIZE'), /:[1-9]/)
    store.close()
  })
})

test('sentinel, and a failover', { skip: missing }, async t => {
  let servers
  t.after(() => servers && Promise.all(Object.values(servers).map(server => server.kill())))
  for (const name of having('sentinel')) {
    await t.test(name, async t => {
      servers = await startSentinel()
      const { master, replica, sentinel } = servers
      const store = new RedisStore({ client: await clientsOf(name).sentinel(t, sentinel.port), storeTimeout: 3000 })
      await works(store)
      await store.set('a', session(1))
      await until(async () => /"n":1/.test(await replica.talk('GET', 'sess:a')))
      await master.kill()
      let errors = 0
      // In bounded time each call answers; at the end the replica has taken over.
      await until(async () => {
        try {
          await store.set('b', session(2))
          return (await store.get('b')).n === 2
        } catch (err) {
          assert.ok(err instanceof Error)
          errors++
          return false
        }
      }, 20_000)
      assert.equal((await store.get('a')).n, 1, `${errors} errors meanwhile`)
      assert.match(await replica.talk('GET', 'sess:b'), /"n":2/)
      store.close()
      await Promise.all(Object.values(servers).map(server => server.kill()))
    })
  }
})

test('a pool', { skip: missing }, async t => {
  const server = await startRedis()
  t.after(() => server.kill())
  for (const name of having('pool')) {
    await t.test(name, async t => {
      const store = new RedisStore({ client: await clientsOf(name).pool(t, server.port), prefix: name })
      await works(store)
      store.close()
    })
  }
})
