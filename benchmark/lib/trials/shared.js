'use strict'

const { once } = require('node:events')
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads')
const { makeClients } = require('../clients')
const { library, makeMiddleware } = require('../contestants')
const { SLICE, USERS } = require('../sample')

/** Milliseconds that all worker threads send requests at once. */
const TURN = 100
/** Requests to each store before the first turn. */
const WARM_UP = 30_000
const STORES = { own: undefined, shared: 'benchmark' }

/** Requests a second of worker threads, each on a store of its own, and all on one that they share. */
async function shared ({ kind, workers, ...subject }) {
  const threads = Array.from({ length: workers }, () => new Worker(__filename, { workerData: { kind, subject } }))
  const answers = () => Promise.all(threads.map(async (thread) => (await once(thread, 'message'))[0]))
  await answers()

  return async () => {
    const slice = {}
    for (const name of Object.keys(STORES)) {
      for (const thread of threads) thread.postMessage(name)
      slice[name] = (await answers()).reduce((sum, rate) => sum + rate, 0)
    }
    return slice
  }
}

async function work ({ kind, subject }) {
  const clients = {}
  for (const [name, shared] of Object.entries(STORES)) {
    const store = new (library(subject).MemoryStore)({ shared })
    clients[name] = await makeClients(makeMiddleware(subject, store), kind, { users: USERS })
  }
  for (let sent = 0; sent < WARM_UP; sent += SLICE) {
    for (const send of Object.values(clients)) await send(SLICE)
  }
  parentPort.on('message', async (name) => parentPort.postMessage(await rateOf(clients[name])))
  parentPort.postMessage('ready')
}

async function rateOf (send) {
  const begin = performance.now()
  let sent = 0
  let time
  do {
    await send(SLICE)
    sent += SLICE
    time = performance.now() - begin
  } while (time < TURN)
  return sent / time * 1000
}

if (!isMainThread) work(workerData)

module.exports = { shared }
