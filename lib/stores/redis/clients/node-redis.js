'use strict'

const { follow } = require('./follow')

module.exports = { adapt, isClient }

/** Replies as strings, whatever the app has set for its own. */
const STRINGS = { typeMapping: {} }

/** @param {any} client of the redis package */
function isClient (client) {
  return typeof client.sendCommand === 'function' && typeof client.isOpen === 'boolean' && typeof client.on === 'function'
}

/**
 * @param {any} client
 * @return {import('../client').Client}
 */
function adapt (client) {
  const topology = topologyOf(client)
  return {
    kind: 'node-redis',
    topology,
    keyPrefix: '',
    raw: client,
    send: senders[topology](client),
    masters: topology === 'cluster' ? () => clusterMasters(client) : async () => [senderOf(client, topology)],
    isReady: () => client.isReady === true,
    follow: topology === 'cluster' ? () => () => {} : (up, down) => follow(client, listenersOf(client), up, down)
  }
}

/** @param {any} client */
function topologyOf (client) {
  if ('masters' in client && typeof client.nodeClient === 'function') return 'cluster'
  if (typeof client.execute === 'function' && 'totalClients' in client) return 'pool'
  if (typeof client.acquire === 'function' && typeof client.use === 'function') return 'sentinel'
  return 'single'
}

/** @type {Record<string, (client: any) => (key: string, args: string[]) => Promise<any>>} */
const senders = {
  single: client => (key, args) => client.sendCommand(args, STRINGS),
  pool: client => (key, args) => client.sendCommand(args),
  // Always the masters: a replica may not have heard of a logout yet.
  sentinel: client => (key, args) => client.sendCommand(false, args, STRINGS),
  cluster: client => (key, args) => client.sendCommand(key, false, args, STRINGS)
}

/**
 * @param {any} client
 * @param {string} topology
 * @return {import('../client').Send}
 */
function senderOf (client, topology) {
  const send = senders[topology](client)
  return args => send('', args)
}

/** @param {any} client */
async function clusterMasters (client) {
  const nodes = await Promise.all(client.masters.map((/** @type {any} */ master) => client.nodeClient(master)))
  return nodes.map(node => (/** @type {string[]} */ args) => node.sendCommand(args, STRINGS))
}

/**
 * @param {any} client
 * @return {(up: () => void, down: () => void) => [string, () => void][]}
 */
function listenersOf (client) {
  // Without a reconnect strategy, an error is all that a client tells of its end; and a pool tells nothing else at all.
  return (up, down) => [['ready', up], ['reconnecting', down], ['end', down], ['error', () => { if (!client.isReady) down() }]]
}
