'use strict'

/* Starts servers and test processes, drives each row through its phases, and judges what comes back. */

const { fork } = require('child_process')
const fs = require('fs')
const path = require('path')
const { Servers } = require('./servers')
const { difference, without } = require('./normalise')
const { rows } = require('./stores')
const consumers = require('./consumers')
const sabotage = require('./sabotage')
const { versionOf } = require('./version')

const CONTESTANTS = ['upstream', 'ours']
const PATIENCE = 60000

class Runner {
  constructor ({ ours, only, jobs, show, print }) {
    Object.assign(this, { ours, only, jobs, show, print })
    this.backends = {}
    this.processes = new Set()
    this.places = 0
  }

  wants (name) {
    return this.only.length === 0 || this.only.some((text) => name.toLowerCase().includes(text))
  }

  async all () {
    const chosen = rows.filter((row) => this.wants(row.name))
    this.servers = new Servers()
    await this.startServers(chosen)
    const results = this.only.length ? [] : await this.selfCheck()
    results.push(...await this.pool(chosen, (row) => this.store(row)))
    await this.outages(chosen, results)
    results.push(...await this.pool(Object.keys(consumers).filter((name) => this.wants(name)), (name) => this.consumer(name)))
    return results
  }

  async startServers (chosen) {
    const kinds = [...new Set(chosen.map((row) => row.server).filter(Boolean))]
    for (const backend of await Promise.all(kinds.map((kind) => this.servers.start(kind)))) {
      this.backends[backend.name] = backend
      this.print(backend.missing ? `not there: ${backend.missing}` : `started: ${backend.title} ${backend.version}`)
    }
  }

  async stop () {
    for (const child of this.processes) child.kill('SIGKILL')
    if (this.servers) await this.servers.stop()
  }

  /* ---- rows */

  /** With `sabotage`, ours is broken on purpose, and the result is not printed. */
  async store (row, sabotage) {
    const started = Date.now()
    const backend = row.server ? this.backends[row.server] : { title: row.backend }
    const result = { name: row.name, kind: 'store', row, version: versionOf(row.package), client: row.client, backend, steps: 0, problems: [] }
    const missing = unfit(row) || backend.missing || [row.package, ...(row.needs || [])].map(unloadable).find(Boolean)
    if (missing) return this.judged({ ...result, skipped: missing })

    const places = CONTESTANTS.map(() => this.place())
    const records = [[], []]
    const session = async (phases) => {
      const children = CONTESTANTS.map((contestant) => new Child(this, contestant, row, sabotage))
      try {
        let results
        for (const phase of phases) {
          results = await Promise.all(children.map(async (child, i) => {
            await child.ask('open', { row: row.name, place: places[phase.other ? 1 - i : i], port: backend.port })
            const answer = await child.ask('scenario', { scenario: phase.scenario, args: phase.args ? phase.args(i) : [] })
            records[i].push(...answer.steps)
            await child.ask('close', {})
            return answer.result
          }))
        }
        return results
      } finally {
        children.forEach((child) => child.end())
      }
    }
    try {
      const kept = await session([{ scenario: 'whole' }])
      if (!row.memory) {
        await session([
          { scenario: 'restarted', args: (i) => [kept[i][0]] },
          ...(row.swap === false ? [] : [{ scenario: 'swapped', args: (i) => [kept[1 - i]], other: true }]),
          ...(row.swap === false || row.back === false ? [] : [{ scenario: 'back', args: (i) => [kept[i]] }])
        ])
      }
    } catch (err) {
      result.problems.push(err.message)
    }
    this.compare(row, records, result)
    result.ms = Date.now() - started
    return sabotage ? this.judge(result) : this.judged(result)
  }

  compare (row, [upstream, ours], result) {
    const own = row.own || {}
    const differs = row.differs || {}
    result.steps += Math.max(upstream.length, ours.length)
    result.own = result.own || []
    for (let i = 0; i < Math.max(upstream.length, ours.length); i++) {
      const [first, second] = [upstream[i], ours[i]]
      const { name } = first || second
      if (this.show) this.print(`  ${name}\n    ${JSON.stringify(first && first.record)}\n    ${JSON.stringify(second && second.record)}`)
      if (!first || !second) {
        result.problems.push(`${name}: only ${first ? 'upstream' : 'ours'} came this far`)
        break
      }
      const found = difference(...[first, second].map((step) => without(row.vague, { step: step.name, ...step.record })))
      if (found && !differs[name]) result.problems.push(`${name}: differs at ${found}`)
      if (!found && differs[name]) result.problems.push(`${name}: is listed as different (${differs[name]}), but is not`)
      if (found && differs[name]) result.own.push(`${name}: ${differs[name]}`)
      if (own[name] && !first.unmet) result.problems.push(`${name}: is listed as the store's own (${own[name]}), but works`)
      if (first.unmet && !own[name]) result.problems.push(`${name}: ${first.unmet} (under upstream)`)
      if (second.unmet && !first.unmet) result.problems.push(`${name}: ${second.unmet} (under ours only)`)
      if (first.unmet && own[name]) result.own.push(`${name}: ${own[name]}`)
    }
  }

  async consumer (name) {
    const started = Date.now()
    const consumer = consumers[name]
    const result = { name, kind: 'consumer', version: consumer.package ? versionOf(consumer.package) : process.versions.node, steps: 0, problems: [] }
    const missing = consumer.package && unloadable(consumer.package)
    if (missing) return this.judged({ ...result, skipped: missing })
    const children = CONTESTANTS.map((contestant) => new Child(this, contestant, consumer))
    try {
      const answers = await Promise.all(children.map((child) => child.ask('consumer', { consumer: name })))
      this.compare(consumer, answers.map((answer) => answer.steps), result)
    } catch (err) {
      result.problems.push(err.message)
    } finally {
      children.forEach((child) => child.end())
    }
    result.ms = Date.now() - started
    return this.judged(result)
  }

  /* ---- outages: each server is killed once, under all the rows that use it */

  async outages (chosen, results) {
    for (const [name, backend] of Object.entries(this.backends)) {
      if (!backend.killable) continue
      const affected = chosen.filter((row) => row.server === name && row.outage !== false &&
        results.some((one) => one.row === row && one.result !== 'skipped'))
      if (affected.length) await this.outage(name, backend, affected, results)
    }
  }

  async outage (name, backend, affected, results) {
    const started = Date.now()
    const runs = affected.flatMap((row) => CONTESTANTS.map((contestant, i) => ({ row, i, child: new Child(this, contestant, row), steps: [] })))
    const each = (step) => Promise.all(runs.map(async (run) => {
      if (run.failed) return
      try {
        await step(run)
      } catch (err) {
        run.failed = err.message
      }
    }))
    const patience = ({ row }) => row.own && row.own['server back'] ? 2000 : 15000
    const scenario = (which) => each(async (run) => run.steps.push(...(await run.child.ask('scenario', { scenario: which, args: [patience(run)] })).steps))
    await each((run) => run.child.ask('open', { row: run.row.name, place: this.place(), port: backend.port }))
    await scenario('outageBegins')
    await this.servers.kill(name)
    await scenario('outageLasts')
    await this.servers.restart(name)
    await scenario('outageEnds')
    runs.forEach((run) => run.child.end())
    for (const row of affected) {
      const result = results.find((one) => one.row === row)
      const pair = runs.filter((run) => run.row === row)
      result.problems.push(...pair.filter((run) => run.failed).map((run) => 'outage: ' + run.failed))
      this.compare(row, pair.map((run) => run.steps), result)
      result.outage = true
      this.judge(result)
      if (result.result === 'failed') this.print(line(result))
    }
    this.print(`${backend.title} killed and started again under ${affected.length} stores: ${seconds(Date.now() - started)}`)
  }

  /* ---- the self-check: a comparison that can't turn red proves nothing */

  async selfCheck () {
    if (!this.servers) this.servers = new Servers()
    const row = rows.find((one) => one.package === 'session-file-store')
    return this.pool(sabotage.kinds, async (kind) => {
      const { problems } = await this.store(row, kind)
      const noticed = problems.find((text) => /differs at|under ours only|came this far/.test(text))
      const outcome = { name: `self-check: ${kind}`, kind: 'check', steps: 1, problems: [] }
      if (noticed) outcome.own = [`noticed: ${noticed.slice(0, 120)}`]
      else outcome.problems.push(`a package with "${kind}" went unnoticed`, ...problems)
      return this.judged(outcome)
    })
  }

  /* ---- helpers */

  place () {
    const name = 'place' + String(++this.places).padStart(4, '0')
    const dir = path.join(this.servers.dir, name)
    fs.mkdirSync(dir)
    return { name, dir }
  }

  async pool (items, work) {
    const results = []
    let next = 0
    await Promise.all(Array.from({ length: this.jobs }, async () => {
      while (next < items.length) {
        const at = next++
        results[at] = await work(items[at])
      }
    }))
    return results
  }

  judge (result) {
    if (result.skipped) result.result = 'skipped'
    else result.result = result.problems.length ? 'failed' : 'passed'
    return result
  }

  judged (result) {
    this.print(line(this.judge(result)))
    return result
  }
}

/** A test process, asked one thing at a time. */
class Child {
  constructor (runner, contestant, { redirect, foreign }, sabotage) {
    this.runner = runner
    const env = {
      ...process.env,
      NODE_ENV: 'test',
      CONTESTANT: contestant === 'ours' ? runner.ours : 'upstream',
      FOREIGN: foreign || '',
      REDIRECT: JSON.stringify(redirect || {}),
      SABOTAGE: (contestant === 'ours' && sabotage) || ''
    }
    this.contestant = contestant
    this.said = ''
    this.process = fork(path.join(__dirname, 'child.js'), [], {
      env, execArgv: ['--no-deprecation', '--require', path.join(__dirname, 'contestant.js')], silent: true
    })
    runner.processes.add(this.process)
    for (const stream of [this.process.stdout, this.process.stderr]) stream.on('data', (data) => { this.said = (this.said + data).slice(-2000) })
    this.process.once('exit', () => runner.processes.delete(this.process))
    this.ready = this.answer()
  }

  async ask (command, args, patience) {
    await this.ready
    const answer = this.answer(patience)
    this.process.send({ command, ...args })
    let reply
    try {
      reply = await answer
    } catch (err) {
      throw command === 'progress' ? err : new Error(`${err.message}; ${await this.progress(command)}`)
    }
    const { failed, ...rest } = reply
    if (failed) throw new Error(`${this.contestant}: ${command} ${args.scenario || ''}: ${failed}`)
    return rest
  }

  async progress (command) {
    try {
      const { steps } = await this.ask('progress', {}, 2000)
      const last = steps[steps.length - 1]
      return `${command} came to ${steps.length} steps, the last: ${last ? `${last.name} ${JSON.stringify(last.record).slice(0, 1000)}` : 'none'}`
    } catch {
      return `${command} does not say how far it came`
    }
  }

  answer (patience = PATIENCE) {
    return new Promise((resolve, reject) => {
      const { process: child } = this
      const done = (settle) => (value) => {
        clearTimeout(timer)
        child.off('message', message)
        child.off('exit', exit)
        settle(value)
      }
      const message = done(resolve)
      const exit = done((code) => reject(new Error(`${this.contestant}: the process ended with ${code}: ${this.said.trim()}`)))
      const timer = setTimeout(done(reject), patience, new Error(`${this.contestant}: no answer after ${seconds(patience)}: ${this.said.trim()}`))
      child.once('message', message)
      child.once('exit', exit)
    })
  }

  end () {
    this.process.kill('SIGKILL')
  }
}

function unfit ({ node = 0, lastNode = Infinity }) {
  const major = Number(process.versions.node.split('.')[0])
  if (major < node) return `needs Node ${node}`
  return major > lastNode && `needs Node ${lastNode} or earlier`
}

/** Why a package can't be used here; undefined when it can. */
function unloadable (name) {
  if (!versionOf(name)) return `${name} is not installed`
  if (name !== 'sqlite3' && name !== 'better-sqlite3') return undefined
  try {
    require(path.join(__dirname, 'node_modules', name))
  } catch {
    return `${name} has no binary here`
  }
}

function seconds (ms) {
  return (ms / 1000).toFixed(1) + ' s'
}

function line (result) {
  const mark = { passed: 'ok  ', failed: 'RED ', skipped: 'skip' }[result.result]
  const about = result.skipped ||
    [`${result.steps} steps`, result.ms && seconds(result.ms), result.problems[0] && result.problems[0].slice(0, 300).replace(/\n/g, ' | '),
      ...(result.kind === 'check' ? result.own || [] : [])].filter(Boolean).join(', ')
  return `${mark} ${result.name.padEnd(52)} ${about}`
}

module.exports = { Runner }
