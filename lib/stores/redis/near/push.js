'use strict'

module.exports = { connectionOf }

/**
 * A connection of node-redis that the server tells of every change to keys that begin with `prefix`, by RESP3 push.
 *
 * @param {any} client the app's
 * @param {string} prefix
 * @param {import('./tracking').Listener} listener
 * @return {import('./tracking').Connection}
 */
function connectionOf (client, prefix, listener) {
  const connection = client.duplicate({
    RESP: 3,
    emitInvalidate: true,
    clientSideCache: undefined,
    commandOptions: undefined,
    pingInterval: undefined,
    disableOfflineQueue: true,
    socket: { ...(client.options && client.options.socket), reconnectStrategy: false }
  })
  const send = (/** @type {string[]} */ ...args) => connection.sendCommand(args)
  let isClosed = false
  // Until there is a socket, the client would forget that it was destroyed.
  let hasSocket = false

  function destroy () {
    if (hasSocket && connection.isOpen) connection.destroy()
  }

  connection.on('connect', () => {
    hasSocket = true
    if (isClosed) destroy()
  })
  for (const event of ['error', 'end', 'reconnecting']) connection.on(event, () => { if (!isClosed) listener.lost() })
  connection.on('invalidate', (/** @type {any} */ key) => listener.changed(key === null ? null : String(key)))

  return {
    async open () {
      connection.unref() // before there is a socket: it is to keep no process alive
      await connection.connect()
      // The client has begun to track keys that it reads: none.
      await send('CLIENT', 'TRACKING', 'OFF')
      await send('CLIENT', 'TRACKING', 'ON', 'BCAST', 'PREFIX', prefix)
    },
    send,
    ping: () => send('PING'),
    close () {
      isClosed = true
      destroy()
    }
  }
}
