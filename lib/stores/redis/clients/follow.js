'use strict'

module.exports = { follow }

/**
 * @typedef {() => void} Told
 * @typedef {{followers: Set<{up: Told, down: Told}>, listeners: [string, Told][]}} Hub
 */

/** @type {WeakMap<object, Hub>} by client */
const hubs = new WeakMap()

/**
 * Tells of a client's connection. All stores on one client share its listeners: with a set for each, Node would warn of a
 * leak at the eleventh store.
 *
 * @param {any} client
 * @param {(up: Told, down: Told) => [string, Told][]} listenersOf which events say that the server is there, or is lost
 * @param {Told} up
 * @param {Told} down
 * @return {Told} ends that
 */
function follow (client, listenersOf, up, down) {
  const { followers, listeners } = hubOf(client, listenersOf)
  const follower = { up, down }
  if (followers.size === 0) for (const [event, listener] of listeners) client.on(event, listener)
  followers.add(follower)
  return () => {
    if (!followers.delete(follower) || followers.size > 0) return
    for (const [event, listener] of listeners) client.off(event, listener)
  }
}

/**
 * @param {any} client
 * @param {(up: Told, down: Told) => [string, Told][]} listenersOf
 * @return {Hub}
 */
function hubOf (client, listenersOf) {
  const known = hubs.get(client)
  if (known !== undefined) return known
  const followers = /** @type {Hub['followers']} */ (new Set())
  // A copy: a follower that is told may end following, or make another store.
  const tell = (/** @type {'up'|'down'} */ what) => () => { for (const follower of [...followers]) follower[what]() }
  const hub = { followers, listeners: listenersOf(tell('up'), tell('down')) }
  hubs.set(client, hub)
  return hub
}
