'use strict'

const { fork } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const path = require('node:path')
const { createHistogram, performance } = require('node:perf_hooks')
const { promisify } = require('node:util')
const { library } = require('../contestants')
const { drive } = require('../drive')
const files = require('../file-stores')
const { IN_FLIGHT, MAX_AGE, fill } = require('../sample')
const { ownTime } = require('../stalls')

const USERS = 1000
const AT_ONCE = 100

/** Sets a second of some processes on one file, and the slowest of them; or the first error that a store gave. */
async function writes ({ contestant, processes, seconds }) {
  const folder = files.newFolder()
  const writers = await startWriters(contestant, folder, processes)
  return async () => {
    for (const writer of writers) writer.send({ seconds })
    const all = (await Promise.all(writers.map((writer) => once(writer, 'message')))).map(([answer]) => answer)
    const failed = all.find((answer) => answer.failed)
    if (failed) return { failed: failed.failed.split('\n', 1)[0] }
    return {
      'sets a second': all.reduce((sum, { done, time }) => sum + done * 1000 / time, 0),
      'longest set, ms': Math.max(...all.map(({ longest }) => longest))
    }
  }
}

/**
 * How long turns of the event loop take while this process and another one read and write. Time in which the
 * thread waited for a processor does not count.
 */
async function stalls ({ contestant, minutes }) {
  const folder = files.newFolder()
  const store = await files.open(library({ contestant }), contestant, folder)
  const [other] = await startWriters(contestant, folder, 1)
  const call = callsOf(store)
  for (let number = 0; number < USERS; number++) await call.set(number)
  return async () => {
    const turns = createHistogram()
    let last = ownTime()
    let isOn = true
    const watch = () => {
      const now = ownTime()
      turns.record(Math.max(1, Math.round((now - last) * 1000)))
      last = now
      if (isOn) setImmediate(watch)
    }
    setImmediate(watch)
    other.send({ seconds: minutes * 60 })
    const end = performance.now() + minutes * 60_000
    for (let number = 0; performance.now() < end; number++) {
      await call.get(number % USERS)
      if (number % 4 === 0) await call.set(number % USERS)
      await new Promise(setImmediate)
    }
    isOn = false
    const [{ failed }] = await once(other, 'message')
    if (failed) throw new Error(failed)
    return {
      'median, ms': turns.percentile(50) / 1000,
      'p99, ms': turns.percentile(99) / 1000,
      'p99.9, ms': turns.percentile(99.9) / 1000,
      'longest, ms': turns.max / 1000
    }
  }
}

/** What many sessions take, and how long a file of them takes to open. */
async function file ({ contestant, count }) {
  const folder = files.newFolder()
  const [writer] = await startWriters(contestant, folder, 1)
  writer.send({ count })
  const [{ failed }] = await once(writer, 'message')
  if (failed) throw new Error(failed)
  writer.send('end')
  await once(writer, 'exit')
  await files.open(library({ contestant }), contestant) // loads the code, which is not what is measured
  return async () => {
    const bytes = fs.readdirSync(folder).reduce((sum, name) => sum + fs.statSync(path.join(folder, name)).size, 0)
    const begin = performance.now()
    const store = await files.open(library({ contestant }), contestant, folder)
    await callsOf(store).get(0)
    return { 'bytes per session': bytes / count, 'open and first read, ms': performance.now() - begin }
  }
}

function callsOf (store) {
  const get = promisify(store.get.bind(store))
  const set = promisify(store.set.bind(store))
  return { get: (number) => get(sidOf(number)), set: (number) => set(sidOf(number), sessionOf(number)) }
}

function sidOf (number) {
  return `s${process.argv[4] || ''}-${number}`.padEnd(32, 'x')
}

function sessionOf (number) {
  const session = { cookie: { originalMaxAge: MAX_AGE, expires: new Date(Date.now() + MAX_AGE), httpOnly: true, path: '/' } }
  fill(session, number)
  return session
}

/* Processes that write: this file again */

function startWriters (contestant, folder, count) {
  return Promise.all(Array.from({ length: count }, async (_, number) => {
    const writer = fork(__filename, [contestant, folder, String(number)], { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    const [answer] = await once(writer, 'message')
    if (answer.failed) throw new Error(answer.failed)
    return writer
  }))
}

async function serve ([contestant, folder]) {
  const store = await files.open(library({ contestant }), contestant, folder)
  process.on('disconnect', () => process.exit())
  // What a set's callback throws, which stores call from anywhere.
  process.on('uncaughtException', (err) => process.send({ failed: err.stack }))
  process.on('message', async (task) => {
    if (task === 'end') {
      (store.close ? store : store.client).close()
      process.disconnect()
      if (!store.close) process.exit() // its timer would keep the process
      return
    }
    try {
      process.send(await write(store, task))
    } catch (err) {
      process.send({ failed: err.stack })
    }
  })
  process.send('ready')
}

/** For some seconds on a thousand sessions, or once for each of many. */
async function write (store, { seconds, count }) {
  const begin = performance.now()
  const isOver = (done) => count === undefined ? performance.now() - begin >= seconds * 1000 : done >= count
  let done = 0
  let longest = 0
  while (!isOver(done)) {
    const first = done
    await drive((at, then) => {
      const number = count === undefined ? (first + at) % USERS : first + at
      const since = performance.now()
      store.set(sidOf(number), sessionOf(number), (err) => {
        if (err) throw err
        longest = Math.max(longest, performance.now() - since)
        then()
      })
    }, AT_ONCE, IN_FLIGHT)
    done += AT_ONCE
  }
  return { done, longest, time: performance.now() - begin }
}

if (require.main === module) serve(process.argv.slice(2)).catch((err) => process.send({ failed: err.stack }))

module.exports = { file, stalls, writes }
