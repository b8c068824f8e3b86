'use strict'

module.exports = { followReadiness }

/** One pair of listeners a store, however many middlewares use it. */
const followed = new WeakMap()

/** @return {{ready: boolean}} false from a store's 'disconnect' event to its 'connect' event */
function followReadiness (store) {
  let readiness = followed.get(store)

  if (readiness === undefined) {
    readiness = { ready: true }
    followed.set(store, readiness)
    store.on('disconnect', () => { readiness.ready = false })
    store.on('connect', () => { readiness.ready = true })
  }
  return readiness
}
