'use strict'

const { warn } = require('../util/warn')

module.exports = { warnOfLoneMemory }

let isSaid = false

/**
 * Warns once, in production, if a worker of `cluster` uses the default MemoryStore, because other processes do not share its
 * sessions. pm2's cluster mode uses `cluster` too. An app that passes a store has decided for itself.
 */
function warnOfLoneMemory () {
  if (isSaid || process.env.NODE_ENV !== 'production' || !isWorker()) return
  isSaid = true
  warn('EXPRESS_SESSION_CLUSTER_MEMORY', 'the default MemoryStore is in a worker of a cluster: each process has its own sessions, ' +
    'and a client that another process answers has none. Share them with `store: new session.SQLiteStore({ file })`, or name ' +
    'a MemoryStore if each client always meets the same process')
}

function isWorker () {
  // Its declarations are those of an ES module.
  const cluster = /** @type {any} */ (require('cluster'))
  return cluster.isWorker
}
