'use strict'

module.exports = { connect }

const CHANNEL = '__redis__:invalidate'

/**
 * The same with ioredis, which drops the pushes of RESP3: a subscriber that has the server's messages sent to itself. So
 * they come on one connection with the answers to its pings, in order.
 *
 * @param {any} client the app's
 * @param {string} prefix
 * @param {import('./tracking').Listener} listener
 * @return {Promise<import('./tracking').Connection>}
 */
async function connect (client, prefix, listener) {
  const connection = client.duplicate({
    protocol: 2,
    lazyConnect: true,
    keyPrefix: '',
    retryStrategy: () => null,
    reconnectOnError: null,
    enableOfflineQueue: false,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0
  })
  const lost = () => listener.lost()
  for (const event of ['error', 'close', 'end']) connection.on(event, lost)
  connection.on('messageBuffer', (/** @type {Buffer} */ channel, /** @type {Buffer[]|null} */ keys) => {
    if (keys === null) listener.changed(null)
    else for (const key of keys) listener.changed(String(key))
  })

  const tracking = {
    send: (/** @type {string[]} */ ...args) => connection.call(...args),
    ping: () => connection.ping(),
    // After which nothing but pings can be sent.
    listen: () => connection.subscribe(CHANNEL),
    close () {
      for (const event of ['close', 'end']) connection.off(event, lost)
      connection.disconnect()
    }
  }
  try {
    await connection.connect()
    if (connection.stream && typeof connection.stream.unref === 'function') connection.stream.unref()
    const id = String(await tracking.send('CLIENT', 'ID'))
    await tracking.send('CLIENT', 'TRACKING', 'ON', 'REDIRECT', id, 'BCAST', 'PREFIX', prefix)
  } catch (err) {
    tracking.close()
    throw err
  }
  return tracking
}
