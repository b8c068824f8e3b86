'use strict'

module.exports = { connectionOf }

const CHANNEL = '__redis__:invalidate'

/**
 * The same with ioredis, which drops the pushes of RESP3: a subscriber that has the server's messages sent to itself. So
 * they come on one connection with the answers to its pings, in order.
 *
 * @param {any} client the app's
 * @param {string} prefix
 * @param {import('./tracking').Listener} listener
 * @return {import('./tracking').Connection}
 */
function connectionOf (client, prefix, listener) {
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
  const send = (/** @type {string[]} */ ...args) => connection.call(...args)
  let isClosed = false

  // It is to keep no process alive.
  connection.on('connect', () => { if (connection.stream && connection.stream.unref) connection.stream.unref() })
  for (const event of ['error', 'close', 'end']) connection.on(event, () => { if (!isClosed) listener.lost() })
  connection.on('messageBuffer', (/** @type {Buffer} */ channel, /** @type {Buffer[]|null} */ keys) => {
    if (keys === null) listener.changed(null)
    else for (const key of keys) listener.changed(String(key))
  })

  return {
    async open () {
      await connection.connect()
      const id = String(await send('CLIENT', 'ID'))
      await send('CLIENT', 'TRACKING', 'ON', 'REDIRECT', id, 'BCAST', 'PREFIX', prefix)
    },
    send,
    ping: () => connection.ping(),
    // After which nothing but pings can be sent.
    listen: () => connection.subscribe(CHANNEL),
    close () {
      isClosed = true
      connection.disconnect()
    }
  }
}
