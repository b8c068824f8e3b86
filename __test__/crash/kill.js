'use strict'

/*
 * Four processes with random traffic on one SQLite file. One of them is killed at a random moment, and started again.
 */

const { spawn } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const SQLiteEngine = require('../../lib/stores/sqlite/engine')
const { readOptions } = require('../../lib/stores/sqlite/options')
const { check, readJournal } = require('./journal')

const PROCESSES = 4
const LONGEST_LIFE = 250

/**
 * Kills `kills` times, for at most `time` milliseconds.
 *
 * @return {Promise<{kills: number, answers: number, problems: string[]}>}
 */
async function killAtRandom (kills, time) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sqlite-crash-'))
  const problems = []
  const end = Date.now() + time
  let done = 0
  const children = Array.from({ length: PROCESSES }, (_, n) => start(folder, n))
  try {
    await Promise.all(children.map(child => child.ready))
    while (done < kills && Date.now() < end && !children.some(hasEnded)) {
      const n = Math.floor(Math.random() * PROCESSES)
      // Some are killed while they start.
      if (Math.random() < 0.9) await children[n].ready
      await new Promise(resolve => setTimeout(resolve, Math.random() * LONGEST_LIFE))
      await kill(children[n])
      problems.push(children[n].problem())
      done++
      children[n] = start(folder, n)
    }
    await Promise.all(children.map(child => child.ready))
    // All at once: then the log has to be recovered.
    await Promise.all(children.map(kill))
    problems.push(...children.map(child => child.problem()), ...await checkAll(folder))
  } finally {
    for (const child of children) child.kill('SIGKILL')
  }
  const answers = journals(folder).reduce((sum, journal) => sum + journal.answers, 0)
  const found = problems.filter(Boolean)
  if (found.length > 0) found.push(`the file and the journals are in ${folder}`)
  else fs.rmSync(folder, { recursive: true, force: true })
  return { kills: done, answers, problems: found }
}

function start (folder, n) {
  const child = spawn(process.execPath, [path.join(__dirname, 'traffic.js'), folder, n, PROCESSES], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let isKilled = false
  const kill = child.kill.bind(child)
  child.kill = signal => {
    isKilled = true
    return kill(signal)
  }
  child.stderr.on('data', data => { output += data })
  child.ready = new Promise((resolve, reject) => {
    child.stdout.on('data', data => {
      output += data
      if (output.includes('ready')) resolve()
    })
    child.on('close', () => isKilled ? resolve() : reject(new Error(`process ${n} has ended: ${output}`)))
  })
  child.ready.catch(() => {})
  child.problem = () => {
    if (hasEnded(child) && !isKilled) return `process ${n} has ended (${child.signalCode || child.exitCode}): ${output}`
    return ['', 'ready'].includes(output.trim()) ? undefined : `process ${n}: ${output}`
  }
  return child
}

function hasEnded (child) {
  return child.exitCode !== null || child.signalCode !== null
}

/** Kills a process, which must be running: one that the system has killed is a problem too. */
async function kill (child) {
  if (hasEnded(child)) throw new Error(child.problem())
  const closed = new Promise(resolve => child.once('close', resolve))
  child.kill('SIGKILL')
  await closed
}

function journals (folder) {
  return Array.from({ length: PROCESSES }, (_, n) => readJournal(path.join(folder, `journal-${n}`)))
}

async function checkAll (folder) {
  const engine = new SQLiteEngine(readOptions({ file: path.join(folder, 'sessions.db') }))
  const problems = []
  for (const journal of journals(folder)) {
    await check(engine, journal).catch(err => problems.push(err.message))
  }
  const { sessions } = engine.stats()
  let found = 0
  for (let part = 0, sids; (sids = engine.ids(part, Date.now())) !== null; part++) found += sids.length
  if (sessions !== found) problems.push(`the totals say ${sessions} sessions, there are ${found}`)
  engine.close()
  return problems
}

module.exports = { kill, killAtRandom, start }
