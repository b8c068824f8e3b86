'use strict'

const { follow } = require('./follow')

module.exports = { adapt, isClient }

/** @param {any} client of the ioredis package */
function isClient (client) {
  return typeof client.call === 'function' && typeof client.status === 'string' && typeof client.on === 'function'
}

/**
 * @param {any} client
 * @return {import('../client').Client}
 * @throws {TypeError} the client is closed
 */
function adapt (client) {
  if (client.status === 'end') throw new TypeError('client option of RedisStore is closed: pass a client that is not')
  const isCluster = client.isCluster === true
  /** @type {import('../client').Send} */
  const send = args => client.call(...args)
  return {
    kind: 'ioredis',
    topology: isCluster ? 'cluster' : client.options.sentinels ? 'sentinel' : 'single',
    keyPrefix: client.options.keyPrefix || '',
    raw: client,
    send: (key, args) => client.call(...args),
    masters: isCluster ? async () => clusterMasters(client) : async () => [send],
    isReady: () => client.status === 'ready',
    follow: (up, down) => follow(client, listeners, up, down)
  }
}

/**
 * @param {any} client
 * @return {import('../client').Send[]}
 */
function clusterMasters (client) {
  return client.nodes('master').map((/** @type {any} */ node) => (/** @type {string[]} */ args) => node.call(...args))
}

/**
 * @param {() => void} up
 * @param {() => void} down
 * @return {[string, () => void][]}
 */
function listeners (up, down) {
  return [['ready', up], ['close', down], ['end', down]]
}
