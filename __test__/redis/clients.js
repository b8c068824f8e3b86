'use strict'

/* The clients that RedisStore takes, in all their forms. */

const majors = {
  'redis 5': () => nodeRedis('redis-5'),
  'redis 6': () => nodeRedis('redis-6'),
  'ioredis 5': () => ioredis('ioredis-5'),
  'ioredis 6': () => ioredis('ioredis-6')
}

/**
 * How the clients of a package are made. Each maker takes the test and gives a client that is ready, closed after the test.
 */
function clientsOf (name) {
  return majors[name]()
}

const names = Object.keys(majors)
const quietly = client => client.on('error', () => {})

function nodeRedis (name) {
  const { createClient, createClientPool, createCluster, createSentinel } = require(name)
  const opened = async (t, client, close) => {
    quietly(client)
    t.after(close)
    await client.connect()
    return client
  }
  /** A client knows by itself whether it is open: another may have closed it. */
  const closer = (client, how) => () => { if (client.isOpen) return client[how]() }
  return {
    single (t, port, options) {
      const client = createClient({ socket: { host: '127.0.0.1', port, reconnectStrategy: 50 }, ...options })
      return opened(t, client, closer(client, 'destroy'))
    },
    pool (t, port) {
      const client = createClientPool({ socket: { host: '127.0.0.1', port } })
      return opened(t, client, closer(client, 'destroy'))
    },
    sentinel (t, port) {
      const client = createSentinel({ name: 'sessions', sentinelRootNodes: [{ host: '127.0.0.1', port }], scanInterval: 200 })
      return opened(t, client, closer(client, 'destroy'))
    },
    cluster (t, ports) {
      const client = createCluster({ rootNodes: ports.map(port => ({ socket: { host: '127.0.0.1', port } })) })
      return opened(t, client, closer(client, 'destroy'))
    }
  }
}

function ioredis (name) {
  const Redis = require(name)
  const ready = (t, client) => {
    quietly(client)
    t.after(() => client.disconnect())
    return new Promise(resolve => client.once('ready', () => resolve(client)))
  }
  return {
    single: (t, port, options) => ready(t, new Redis({ host: '127.0.0.1', port, retryStrategy: () => 50, ...options })),
    sentinel: (t, port) => ready(t, new Redis({ name: 'sessions', sentinels: [{ host: '127.0.0.1', port }], sentinelRetryStrategy: () => 50 })),
    cluster: (t, ports) => ready(t, new Redis.Cluster(ports.map(port => ({ host: '127.0.0.1', port }))))
  }
}

module.exports = { clientsOf, names }
