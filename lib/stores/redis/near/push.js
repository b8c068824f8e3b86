'use strict'

module.exports = { connect }

/**
 * A connection of node-redis that the server tells of every change to keys that begin with `prefix`, by RESP3 push.
 *
 * @param {any} client the app's
 * @param {string} prefix
 * @param {import('./tracking').Listener} listener
 * @return {Promise<import('./tracking').Connection>}
 */
async function connect (client, prefix, listener) {
  const connection = client.duplicate({
    RESP: 3,
    emitInvalidate: true,
    clientSideCache: undefined,
    commandOptions: undefined,
    pingInterval: undefined,
    disableOfflineQueue: true,
    socket: { ...(client.options && client.options.socket), reconnectStrategy: false }
  })
  const lost = () => listener.lost()
  for (const event of ['error', 'end', 'reconnecting']) connection.on(event, lost)
  connection.on('invalidate', (/** @type {any} */ key) => listener.changed(key === null ? null : String(key)))

  const tracking = {
    send: (/** @type {string[]} */ ...args) => connection.sendCommand(args),
    ping: () => connection.sendCommand(['PING']),
    close () {
      for (const event of ['end', 'reconnecting']) connection.off(event, lost)
      if (connection.isOpen) connection.destroy()
    }
  }
  try {
    connection.unref() // before there is a socket: it is to keep no process alive
    await connection.connect()
    // The client has begun to track keys that it reads: none.
    await tracking.send('CLIENT', 'TRACKING', 'OFF')
    await tracking.send('CLIENT', 'TRACKING', 'ON', 'BCAST', 'PREFIX', prefix)
  } catch (err) {
    tracking.close()
    throw err
  }
  return tracking
}
