'use strict'

const { spawn } = require('node:child_process')
const { once } = require('node:events')
const path = require('node:path')

const ROOT = path.join(__dirname, '..', '..')

/**
 * Starts the demo as a person does. `address` rejects with what was printed when the demo ends without
 * one; `ended` resolves to the exit code when every process has closed its output.
 */
function startDemo (command, args, { env, ...options } = {}) {
  const all = { ...process.env, ...env }
  delete all.NODE_TEST_CONTEXT
  const child = spawn(command, args, { cwd: ROOT, env: all, stdio: ['ignore', 'pipe', 'pipe'], ...options })
  const demo = { child, output: '', ended: once(child, 'close').then(([code]) => code) }
  demo.address = new Promise((resolve, reject) => {
    const read = (data) => {
      demo.output += data
      const found = /http:\/\/localhost:\d+\//.exec(demo.output)
      if (found) resolve(found[0])
    }
    child.stdout.setEncoding('utf8').on('data', read)
    child.stderr.setEncoding('utf8').on('data', read)
    demo.ended.then(() => reject(new Error(`the demo did not print an address:\n${demo.output}`)))
  })
  demo.address.catch(() => {})
  return demo
}

module.exports = { startDemo }
