'use strict'

/*
 * Requests through one middleware and store on Redis, a server of its own for each contestant: so its count of commands is
 * that of the contestant. Some sessions are hot; the others come round so seldom that a near cache has lost them by then.
 */

const { fork } = require('node:child_process')
const { once } = require('node:events')
const path = require('node:path')
const { performance } = require('node:perf_hooks')
const { cookieOf, exchanger } = require('../clients')
const { installAsExpressSession, makeMiddleware } = require('../contestants')
const { cpuSince, drive } = require('../drive')
const { startRedis } = require('../redis-server')
const { IN_FLIGHT } = require('../sample')
const { median } = require('../statistics')

const HOT = 100
const COLD = 2000
/** Sessions that the near cache has room for. */
const MAX = 400
/** Requests of a slice and process, and those one at a time whose latency is taken. */
const REQUESTS = 2000
const ALONE = 200
/** Milliseconds of CPU time. */
const WARM_UP = 1500

const CLIENTS = {
  redis: async (port) => {
    const client = require('redis').createClient({ url: `redis://127.0.0.1:${port}` })
    await client.connect()
    return client
  },
  ioredis: async (port) => {
    const Redis = require(path.join(__dirname, '../../../__test__/redis/node_modules/ioredis-5'))
    return new Redis(port)
  }
}

/** @type {Record<string, function(object, object): object>} what takes a contestant and a client, and gives a store */
const STORES = {
  'ours-near': (subject, client) => nativeStore(subject, { client, nearCache: { max: MAX } }),
  'ours-plain': (subject, client) => nativeStore(subject, { client }),
  'ours-connect-redis': (subject, client) => {
    installAsExpressSession(subject)
    return connectRedis(client)
  },
  'upstream-connect-redis': (subject, client) => connectRedis(client)
}

function nativeStore ({ from = path.join(__dirname, '../../..') }, options) {
  return new (require(from).RedisStore)(options)
}

function connectRedis (client) {
  return new (require('connect-redis').RedisStore)({ client })
}

/**
 * @param {{contestant: string, client?: string, hits: number, writes: number, processes: number}} args `hits` and `writes`
 *   in a hundred requests; without a client, the MemoryStore
 */
async function requests (args) {
  const server = args.client && await startRedis()
  if (server) process.on('exit', server.stop)
  const here = await makeApp(args, server && server.port)
  const cookies = await here.logIn()
  const apps = [here, ...await Promise.all(Array.from({ length: args.processes - 1 }, () => startPeer(args, server.port)))]
  const all = (task) => Promise.all(apps.map((app) => app.run(task)))
  await all({ cookies, warmUp: true })

  return async () => {
    const alone = await here.latencies()
    const before = await here.commands()
    const results = await all({})
    const commands = await here.commands() - before - (server ? 1 : 0) // that counted too
    const sum = (field) => results.reduce((sum, result) => sum + result[field], 0)
    const count = REQUESTS * apps.length
    return { cpu: sum('cpu') * 1000 / count, latency: median(alone) * 1e6, commands: commands / count, hits: sum('hits') / count }
  }
}

/** An app in this process. */
async function makeApp ({ contestant, client: clientName, hits, writes, ...subject }, port) {
  const client = clientName && await CLIENTS[clientName](port)
  const store = client && STORES[contestant]({ contestant, ...subject }, client)
  const handle = makeMiddleware({ contestant, ...subject }, store)
  const near = () => (store && store.stats && store.stats().near) || { hits: 0, isFresh: true }
  while (!near().isFresh) await new Promise((resolve) => setTimeout(resolve, 5))
  let exchange

  async function send (count, inFlight = IN_FLIGHT) {
    await drive(exchange, count, inFlight)
  }

  return {
    async logIn () {
      const cookies = []
      await drive(exchanger(handle, 'login', 0, [undefined], (header) => cookies.push(cookieOf(header))), HOT + COLD, IN_FLIGHT)
      return cookies
    },

    async run ({ cookies, warmUp }) {
      if (cookies) exchange = mixed(handle, cookies, hits, writes)
      const begin = process.cpuUsage()
      if (warmUp) while (cpuSince(begin) < WARM_UP * 1000) await send(REQUESTS)
      const from = near().hits
      const cpu = process.cpuUsage()
      await send(REQUESTS)
      return { cpu: cpuSince(cpu), hits: near().hits - from }
    },

    /** Of requests that are alone, in milliseconds. */
    async latencies () {
      const all = []
      for (let i = 0; i < ALONE; i++) {
        const begin = performance.now()
        await send(1)
        all.push(performance.now() - begin)
      }
      return all
    },

    /** How many commands the server has had. */
    async commands () {
      if (!client) return 0
      const info = await client.info('stats')
      return Number(/total_commands_processed:(\d+)/.exec(info)[1])
    }
  }
}

/** Requests for hot and cold sessions; some write. */
function mixed (handle, cookies, hits, writes) {
  const hot = cookies.slice(0, HOT)
  const cold = cookies.slice(HOT)
  const [read, write] = ['read', 'write'].map((kind) => {
    const [ofHot, ofCold] = [hot, cold].map((cookies) => exchanger(handle, kind, 0, cookies, () => {}))
    const counts = [0, 0]
    return (isHot, done) => {
      if (isHot) ofHot(counts[0]++, done)
      else ofCold(counts[1]++, done)
    }
  })
  let number = Math.floor(Math.random() * 100)
  return (_, done) => {
    number++
    // Spread over the hundred, by a step that has no divisor in common with it.
    const isHot = number * 37 % 100 < hits
    if (number * 61 % 100 < writes) write(isHot, done)
    else read(isHot, done)
  }
}

/** The same app in another process. */
async function startPeer (args, port) {
  const child = fork(__filename, [JSON.stringify(args), String(port)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  await once(child, 'message')
  return {
    async run (task) {
      child.send(task)
      return (await once(child, 'message'))[0]
    }
  }
}

async function peer (args, port) {
  const app = await makeApp(args, port)
  process.on('disconnect', () => process.exit())
  process.on('message', async (task) => process.send(await app.run(task)))
  process.send('ready')
}

if (require.main === module) peer(JSON.parse(process.argv[2]), Number(process.argv[3]))

module.exports = { requests }
