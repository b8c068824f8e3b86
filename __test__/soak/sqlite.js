'use strict'

/* eslint no-unmodified-loop-condition: off -- the last line of the listening callback stops the loops */

/*
 * Four processes of a cluster (sqlite-worker.js) on one file, their clients, and the one who writes down how large they
 * are. A client knows at any time what its session must have, whichever process answers. Early on, the processes are
 * replaced one by one, as at a deployment.
 */

const assert = require('node:assert/strict')
const cluster = require('node:cluster')
const { once } = require('node:events')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const session = require('../..')
const { Browser } = require('../helpers/client')

const PROCESSES = 4
const CLIENTS = 8
/** How long the last sessions may take to go after their time is up. A busy machine gives the sweepers few turns. */
const PATIENCE = 60_000
/** Samples in the whole time, and before which of them the processes are replaced. */
const SAMPLES = 40
const REPLACED_AT = 3

const duration = Number(process.argv[2])
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sqlite-soak-'))
const file = path.join(folder, 'sessions.db')
const ended = { evicted: 0, expired: 0 }
const count = { requests: 0, wrong: 0, replaced: 0 }
let going = true
let port = 0
let log = 0

process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }))
process.on('disconnect', () => process.exit(1)) // the suite is gone
process.once('SIGTERM', () => process.exit(1))

main()

async function main () {
  cluster.setupPrimary({ exec: path.join(__dirname, 'sqlite-worker.js'), args: [file], execArgv: ['--expose-gc'] })
  const workers = []
  for (let i = 0; i < PROCESSES; i++) workers.push(await start())
  const store = new session.SQLiteStore({ file })
  const clients = Array.from({ length: CLIENTS }, (_, number) => visit(number))

  const began = Date.now()
  for (let sample = 1; sample <= SAMPLES; sample++) {
    await until(began + sample * duration / SAMPLES)
    if (sample === REPLACED_AT) {
      for (let i = 0; i < PROCESSES; i++) workers[i] = await replace(workers[i])
    }
    const all = await Promise.all(workers.map((worker) => ask(worker, 'sample')))
    const sum = (what) => all.reduce((total, one) => total + one[what], 0)
    const seconds = Math.round((Date.now() - began) / 1000)
    const size = (name) => fs.statSync(name).size
    log = Math.max(log, size(file + '-wal'))
    process.send({
      seconds, rss: sum('rss'), heap: sum('heap'), file: size(file), log: size(file + '-wal'), requests: count.requests, sessions: store.stats().sessions
    })
  }

  going = false
  await Promise.all(clients)
  await Promise.all(workers.map((worker) => ask(worker, 'rest')))
  for (const end = Date.now() + PATIENCE; store.stats().sessions > 0 && Date.now() < end;) await until(Date.now() + 50)
  const { sessions, bytes, tombstones } = store.stats()
  await Promise.all(workers.map(stop))
  store.close()
  process.removeAllListeners('disconnect')
  process.send({ result: { ...count, ...ended, log, sessions, bytes, tombstones } }, () => process.disconnect())
}

/* The processes */

async function start () {
  const worker = cluster.fork()
  worker.on('exit', (code) => assert.equal(code, 0, 'a process has ended'))
  const [address] = await once(worker, 'listening')
  port = address.port
  return worker
}

async function replace (worker) {
  const next = await start()
  await stop(worker)
  count.replaced++
  return next
}

async function stop (worker) {
  const { evicted, expired } = await ask(worker, 'stats')
  ended.evicted += evicted
  ended.expired += expired
  worker.disconnect() // not before its last answer; nobody who waits for it is lost
  await once(worker, 'exit')
}

async function ask (worker, what) {
  worker.send(what)
  for (;;) {
    const [message] = await once(worker, 'message')
    if (message.what === what) return message
  }
}

/* The clients */

/** Somebody who signs in, looks and writes, and signs out; at the end for good. Each request may meet another process. */
async function visit (number) {
  const browser = new Browser({ port })
  let user = null
  let n = null

  /** What the response must say. */
  async function go (url, headers) {
    const { status, body } = await browser.get(url, { headers })
    count.requests++
    try {
      assert.deepEqual([status, JSON.parse(body)], [200, { user, n }])
    } catch {
      count.wrong++
      console.error(`${url} of client ${number}: ${status} ${body}; ${JSON.stringify({ user, n })} was expected`)
    }
  }

  async function leave () {
    const cookie = browser.cookies.get('connect.sid')
    user = n = null
    await go('/logout')
    browser.cookies.clear()
    if (cookie === undefined) return
    // A cookie that somebody has kept opens nothing.
    browser.cookies.set('connect.sid', cookie)
    await go('/read')
    browser.cookies.clear()
  }

  for (let at = 0; going; at++) {
    const chance = Math.random()
    if (user === null) {
      user = `user ${number}.${at}`
      await go('/login?user=' + encodeURIComponent(user))
    } else if (chance < 0.6) {
      await go('/read')
    } else if (chance < 0.9) {
      n = at
      await go('/write?n=' + at)
    } else {
      await leave()
    }
  }
  await leave()
}

function until (moment) {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, moment - Date.now())))
}
