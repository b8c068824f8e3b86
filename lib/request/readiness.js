'use strict'

module.exports = { followReadiness }

/** One pair of listeners a store, however many middlewares use it. */
const followed = new WeakMap()

/**
 * @param {any} store
 * @return {{ready: boolean}} false from a store's 'disconnect' event to its 'connect' event
 */
function followReadiness (store) {
  let readiness = followed.get(store)

  if (readiness === undefined) {
    readiness = {
      ready: true,
      disconnect: () => { readiness.ready = false },
      connect: () => { readiness.ready = true }
    }
    followed.set(store, readiness)
  }

  // An app may have removed all listeners since the last middleware was made.
  listen(store, 'disconnect', readiness.disconnect)
  listen(store, 'connect', readiness.connect)
  return readiness
}

/**
 * @param {any} store
 * @param {string} event
 * @param {Function} listener
 */
function listen (store, event, listener) {
  if (typeof store.listeners !== 'function' || !store.listeners(event).includes(listener)) store.on(event, listener)
}
