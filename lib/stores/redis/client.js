'use strict'

const ioredis = require('./clients/ioredis')
const nodeRedis = require('./clients/node-redis')

module.exports = { clientOf }

/**
 * @typedef {(args: string[]) => Promise<any>} Send sends a command to one server
 *
 * @typedef {object} Client the user's client, whichever it is
 * @property {'single'|'sentinel'|'cluster'|'pool'} topology
 * @property {string} keyPrefix what the client itself puts before every key
 * @property {(key: string, args: string[]) => Promise<any>} send sends a command with that key to the server that has it
 * @property {() => Promise<Send[]>} masters the servers that together have all keys
 * @property {(up: () => void, down: () => void) => () => void} follow tells when the server is there and when it is lost; the
 *   function that is returned ends that
 * @property {() => boolean} isReady
 * @property {any} raw
 * @property {'node-redis'|'ioredis'} kind
 */

/**
 * Finds out what the client option is.
 *
 * @param {any} client
 * @return {Client}
 * @throws {TypeError}
 */
function clientOf (client) {
  if (client === undefined || client === null) {
    throw new TypeError('client option of RedisStore is missing: pass a client of the redis or the ioredis package')
  }
  if (typeof client !== 'object' && typeof client !== 'function') {
    throw new TypeError('client option of RedisStore must be a client of the redis or the ioredis package')
  }
  if (typeof client.then === 'function') {
    throw new TypeError('client option of RedisStore is a promise: await it first')
  }
  if (typeof client.exec === 'function' && typeof client.sendCommand !== 'function' && typeof client.duplicate !== 'function') {
    throw new TypeError('client option of RedisStore is a transaction or a pipeline: pass the client itself')
  }
  if (isPipeline(client)) {
    throw new TypeError('client option of RedisStore is a transaction or a pipeline: pass the client itself')
  }
  if (ioredis.isClient(client)) return ioredis.adapt(client)
  if (nodeRedis.isClient(client)) return nodeRedis.adapt(client)
  throw new TypeError('client option of RedisStore must be a client of redis ≥ 5 or ioredis ≥ 5: createClient, createCluster, ' +
    'createSentinel, createClientPool, new Redis or new Redis.Cluster (and no legacy client)')
}

/** @param {any} client ioredis's Pipeline inherits all commands */
function isPipeline (client) {
  return typeof client.exec === 'function' && typeof client.execBuffer === 'function' && Array.isArray(client._queue)
}
