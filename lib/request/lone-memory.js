'use strict'

const { warn } = require('../util/warn')

module.exports = { warnOfLoneMemory }

let isSaid = false

/**
 * Warns once that the default MemoryStore is that of one process, where there are others: in a worker of `cluster`, which
 * pm2's cluster mode is too, in production. Who names a store has decided.
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
