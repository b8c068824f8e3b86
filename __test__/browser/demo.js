'use strict'

/* Starts the demo as a person does, with `npm start`, on a free port; and ends it as Ctrl-C does. */

const { spawn } = require('node:child_process')
const { once } = require('node:events')
const path = require('node:path')

const ROOT = path.join(__dirname, '..', '..')
const TIME_LIMIT = 180_000

async function start () {
  const env = { ...process.env, PORT: '0' }
  delete env.NODE_TEST_CONTEXT
  // Its own process group: a terminal sends Ctrl-C to the whole group.
  const child = spawn('npm', ['start'], { cwd: ROOT, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'close')
  let output = ''
  const address = await new Promise((resolve, reject) => {
    const fail = () => reject(new Error(`npm start did not print an address:\n${output}`))
    const timer = setTimeout(fail, TIME_LIMIT)
    const read = (data) => {
      output += data
      const found = /http:\/\/localhost:\d+\//.exec(output)
      if (!found) return
      clearTimeout(timer)
      resolve(found[0])
    }
    child.stdout.setEncoding('utf8').on('data', read)
    child.stderr.setEncoding('utf8').on('data', read)
    child.on('exit', fail)
  })
  return {
    address,
    output: () => output,
    // Resolves when every process of the group has closed its output.
    async stop () {
      if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGINT')
      await ended
    }
  }
}

module.exports = { start }
