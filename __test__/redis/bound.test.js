'use strict'

/*
 * The proof of the near cache's bound. Four processes, each with another client, read, write, touch and destroy the same sessions
 * through proxies of their own, while connections, servers and processes fail. A checker knows every acknowledged write and
 * destroy. No read that began later than a lease after that sees an older session; whoever writes sees what it has written.
 */

const assert = require('node:assert/strict')
const { fork } = require('node:child_process')
const { once } = require('node:events')
const path = require('node:path')
const { test } = require('node:test')
const { setTimeout: sleep } = require('node:timers/promises')
const { names } = require('./clients')
const Proxy = require('./proxy')
const { missing, startRedis, startSentinel } = require('./servers')

const LEASE = 1000

/** A process of the app, and what it reports. */
class Worker {
  constructor (name, port, form, durably) {
    this.name = name
    this.log = []
    this.child = fork(path.join(__dirname, 'bound-worker.js'), [name, port, form, LEASE, durably ? 'yes' : 'no'].map(String), { execArgv: [] })
  }

  /** Passes messages on among the workers. */
  async join (others) {
    const ready = once(this.child, 'message')
    await ready
    this.child.on('message', message => {
      if (message.type === 'log') {
        for (const entry of message.log) this.log.push(entry)
        if (message.stats) this.stats = message.stats
      } else if (message.type === 'created') {
        const destroyer = others[Math.floor(message.session.by * others.length)]
        for (const other of others) {
          if (other !== this) other.child.send({ ...message, mineToDestroy: other === destroyer })
        }
      }
    })
  }

  pause () { this.child.kill('SIGSTOP') }
  goOn () { this.child.kill('SIGCONT') }
  stall (ms) { this.child.send({ type: 'stall', ms }) }

  async stop () {
    const ended = once(this.child, 'exit')
    this.child.send({ type: 'stop' })
    await Promise.race([ended, sleep(5000, undefined, { ref: false }).then(() => this.child.kill('SIGKILL'))])
    await ended
  }
}

/**
 * What the logs say. Versions of a session count up; destroyed is the last. A read is stale by the time between the first
 * acknowledgement of a newer version and its own beginning.
 */
function check (workers, { losses = [] } = {}) {
  const versions = new Map() // sid: [[n, acknowledged]]
  const destroyed = new Map()
  const attempted = new Map() // when somebody began to destroy a session: it may be gone from then on
  for (const { log } of workers) {
    for (const [kind, sid, n, , end] of log) {
      if (kind === 'write') {
        if (!versions.has(sid)) versions.set(sid, [])
        versions.get(sid).push([n, end])
      } else if (kind === 'destroy') {
        destroyed.set(sid, Math.min(destroyed.get(sid) ?? Infinity, end))
      } else if (kind === 'attempt') {
        attempted.set(sid, Math.min(attempted.get(sid) ?? Infinity, end))
      }
    }
  }

  const result = { reads: 0, near: 0, errors: 0, stale: [], destroyedServed: 0, latestDestroyed: 0, ownLost: 0, vanished: 0, destroys: destroyed.size, writes: 0 }
  for (const worker of workers) {
    const own = new Map() // sid: the newest version that this process has written, and when that was acknowledged
    const inOrder = worker.log.slice().sort((a, b) => a[3] - b[3])
    const writes = inOrder.filter(([kind]) => kind === 'write').sort((a, b) => a[4] - b[4])
    result.writes += writes.length
    let next = 0
    for (const [kind, sid, n, begin, end, from] of inOrder) {
      if (kind === 'error') result.errors++
      if (kind !== 'read') continue
      result.reads++
      if (from === 'near') result.near++
      for (; next < writes.length && writes[next][4] < begin; next++) own.set(writes[next][1], { n: writes[next][2], at: writes[next][4] })

      const mine = own.get(sid)
      if (n === 0) {
        const isLost = mine !== undefined && losses.some(([from, to]) => to > mine.at && from < end)
        if (mine !== undefined && !isLost && !(attempted.get(sid) < end)) result.vanished++
        continue
      }
      if (mine !== undefined && mine.n > n) result.ownLost++
      let newer = destroyed.get(sid) ?? Infinity
      if (newer < begin) {
        result.destroyedServed++
        result.latestDestroyed = Math.max(result.latestDestroyed, begin - newer)
      }
      for (const [version, at] of versions.get(sid) || []) if (version > n && at < newer) newer = at
      if (newer < begin) result.stale.push(begin - newer)
    }
  }
  result.stale.sort((a, b) => a - b)
  return result
}

function report (t, title, { stale, ...counts }) {
  const at = share => stale.length === 0 ? 0 : stale[Math.min(stale.length - 1, Math.floor(stale.length * share))].toFixed(2)
  t.diagnostic(`${title}: ${JSON.stringify(counts)}`)
  t.diagnostic(`${title}: ${stale.length} of ${counts.reads} reads were stale; by ms: median ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}, worst ${at(1)}`)
}

function judge (result, { destroys = 20 } = {}) {
  assert.ok(result.near > result.reads * 0.1, 'the near cache has served')
  assert.ok(result.destroys >= destroys && result.writes > 100, 'there was traffic')
  assert.equal(result.ownLost, 0, 'whoever writes reads what it has written')
  assert.equal(result.vanished, 0, 'no session is lost')
  assert.ok(result.latestDestroyed <= LEASE, `a destroyed session was served ${result.latestDestroyed} ms later`)
  const worst = result.stale.at(-1) ?? 0
  assert.ok(worst <= LEASE, `a read was stale by ${worst} ms`)
}

async function withWorkers (t, target, form, durably, work) {
  const proxies = []
  const workers = []
  t.after(async () => {
    for (const worker of workers) worker.child.kill('SIGKILL')
    for (const proxy of proxies) await proxy.close()
  })
  for (const name of form === 'sentinel' ? names.filter(name => name.startsWith('ioredis')) : names) {
    if (form === 'sentinel') {
      workers.push(new Worker(name, target(), form, durably))
      continue
    }
    const proxy = await new Proxy(target).listen()
    proxies.push(proxy)
    workers.push(new Worker(name, proxy.port, form, durably))
  }
  await Promise.all(workers.map(worker => worker.join(workers)))
  await sleep(1500)
  await work(proxies, workers)
  await sleep(1500)
  await Promise.all(workers.map(worker => worker.stop()))
  return workers
}

const RANDOM_DELAY = { delay: pair => pair.random * 40 + Math.random() * 20 }

/** Name: [what happens to everybody, what heals it, how long it lasts]. */
const faults = {
  'changes and pings come 3 s late': [({ proxies }) => each(proxies, proxy => proxy.set('tracking', { delay: (pair, to) => to === 'client' ? 3000 : 0 })), 2500],
  'answers to commands come 1.5 s late': [({ proxies }) => each(proxies, proxy => proxy.set('data', { delay: (pair, to) => to === 'client' ? 1500 : 0 })), 2500],
  'connections overtake each other': [({ proxies }) => each(proxies, proxy => proxy.set('all', RANDOM_DELAY)), 3000],
  'the tracking connection is dead, and nobody says so': [({ proxies }) => each(proxies, proxy => proxy.set('tracking', { drop: 'both' })), 2500],
  'changes are swallowed, pings arrive': [({ proxies }) => each(proxies, proxy => proxy.set('tracking', { drop: 'client' })), 2500],
  'the data connection is dead, and nobody says so': [({ proxies }) => each(proxies, proxy => proxy.set('data', { drop: 'client' })), 1500],
  'the tracking connection is cut': [({ proxies }) => each(proxies, proxy => proxy.cut('tracking')), 600],
  'the data connection is cut': [({ proxies }) => each(proxies, proxy => proxy.cut('data')), 600],
  'half of the tracking connection is closed': [({ proxies }) => each(proxies, (proxy, n) => proxy.halfClose('tracking', n % 2 ? 'client' : 'server')), 1500],
  'half of the data connection is closed': [({ proxies }) => each(proxies, (proxy, n) => proxy.halfClose('data', n % 2 ? 'client' : 'server')), 1500],
  'Redis is stopped for 1.6 s': [({ server }) => server.pause(), 1600, ({ server }) => server.goOn()],
  'Redis is killed and started': [({ server }) => server.kill(), 800, ({ server }) => server.start()],
  FLUSHALL: [({ server, losses }) => { losses.push([now(), now() + 200]); return server.talk('FLUSHALL') }, 500],
  'CLIENT KILL of all connections': [({ server }) => server.talk('CLIENT', 'KILL', 'TYPE', 'normal').then(() => server.talk('CLIENT', 'KILL', 'TYPE', 'pubsub')), 600],
  'CLIENT KILL of subscribers': [({ server }) => server.talk('CLIENT', 'KILL', 'TYPE', 'pubsub'), 600],
  'Redis evicts': [async ({ server, losses }) => {
    await server.talk('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-random')
    const used = Number(/used_memory:(\d+)/.exec(await server.talk('INFO', 'memory'))[1])
    losses.push([now(), now() + 3000])
    await server.talk('CONFIG', 'SET', 'maxmemory', String(used - 20_000))
  }, 1000, ({ server }) => server.talk('CONFIG', 'SET', 'maxmemory', '0')],
  'Redis does nothing for 1.2 s': [({ server }) => { server.talk('DEBUG', 'SLEEP', '1.2') }, 1500],
  'a process is stopped for 2 s': [({ workers }) => each(workers, worker => worker.pause(), 2), 2000, ({ workers }) => each(workers, worker => worker.goOn(), 2)],
  'an event loop stands still for 2 s': [({ workers }) => each(workers, worker => worker.stall(2000), 2), 2500]
}

const now = () => Number(process.hrtime.bigint() / 1000n) / 1000

/** Does something to some, and waits. */
function each (all, work, count = all.length) {
  return Promise.all(all.slice(0, count).map(work))
}

test('the bound holds: connections, servers and processes fail', { skip: missing, timeout: 110_000 }, async t => {
  const server = await startRedis('--appendonly', 'yes', '--appendfsync', 'always')
  t.after(() => server.kill())
  const losses = []
  const workers = await withWorkers(t, () => server.port, 'single', false, async (proxies, workers) => {
    await sleep(2000)
    for (const [title, [begin, time, end]] of Object.entries(faults)) {
      const scene = { server, proxies, workers, losses }
      const from = now()
      await begin(scene)
      await sleep(time)
      if (end) await end(scene)
      for (const proxy of proxies) proxy.heal()
      await sleep(900)
      t.diagnostic(`${((now() - from) / 1000).toFixed(1)} s: ${title}`)
    }
  })
  const result = check(workers, { losses })
  report(t, 'faults', result)
  for (const { name, stats } of workers) t.diagnostic(`${name}: ${JSON.stringify(stats)}`)
  judge(result)
})

test('the bound holds: nothing fails', { skip: missing, timeout: 60_000 }, async t => {
  const server = await startRedis()
  t.after(() => server.kill())
  const result = check(await withWorkers(t, () => server.port, 'single', false, () => sleep(8000)))
  report(t, 'normal', result)
  judge(result)
})

test('the bound holds: sentinel fails over', { skip: missing, timeout: 90_000 }, async t => {
  const servers = await startSentinel()
  t.after(() => Promise.all(Object.values(servers).map(server => server.kill())))
  const { master, replica, sentinel } = servers
  const workers = await withWorkers(t, () => sentinel.port, 'sentinel', true, async () => {
    await sleep(3000)
    await sentinel.talk('SENTINEL', 'FAILOVER', 'sessions')
    await sleep(6000)
    await replica.kill() // the master by now
    await sleep(6000)
    assert.match(await master.talk('ROLE'), /master/)
  })
  const result = check(workers, { losses: [[0, Infinity]] }) // a failover loses what was not replicated
  report(t, 'sentinel', result)
  for (const { name, stats } of workers) t.diagnostic(`${name}: ${JSON.stringify(stats)}`)
  judge(result, { destroys: 5 }) // those that a replica has acknowledged too
})
