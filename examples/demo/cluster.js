'use strict'

/*
 * The demo in several processes, whose sessions are in one file:
 *
 *   node examples/demo/cluster.js       PROCESSES=4 for as many
 *   kill -HUP <its process>             replaces them one by one, as a deployment does. Nobody is logged out
 */

const cluster = require('node:cluster')
const { randomBytes } = require('node:crypto')
const { once } = require('node:events')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

const PROCESSES = Number(process.env.PROCESSES || 2)

if (cluster.isPrimary) main()
else require('./server')

function main () {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sessions-'))
  const env = {
    SESSIONS_FILE: path.join(folder, 'sessions.db'), // that of an app would stay
    SESSION_SECRET: process.env.SESSION_SECRET || randomBytes(32).toString('base64')
  }
  const workers = []

  async function startAll () {
    for (let i = 0; i < PROCESSES; i++) workers.push(await start(env))
  }

  async function replaceAll () {
    for (let i = 0; i < workers.length; i++) {
      const old = workers[i]
      workers[i] = await start(env) // before the old one goes: somebody always answers
      await stop(old)
    }
    console.log('All processes are new.')
  }

  async function end () {
    await Promise.all(workers.map(stop))
    fs.rmSync(folder, { recursive: true, force: true })
    process.exit()
  }

  // One after the other, as they were asked for.
  let work = startAll()
  process.on('SIGHUP', () => { work = work.then(replaceAll) })
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => { work = work.then(end) })
}

async function start (env) {
  const worker = cluster.fork(env)
  await once(worker, 'listening')
  return worker
}

async function stop (worker) {
  if (worker.isDead()) return
  worker.send('leave')
  worker.disconnect() // it gets no new connections, and goes when it has none
  await once(worker, 'exit')
}
