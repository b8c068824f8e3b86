'use strict'

const { spawn } = require('node:child_process')

/*
 * Runs a program, shows what it prints and resolves to { status, output } with its standard output.
 * It is killed after `limit` milliseconds; status is then null. An end by a signal is said.
 */
function show (command, args, { cwd, limit }) {
  const env = { ...process.env }
  // Set when this runs below `node --test`; it would change what a test runner prints.
  delete env.NODE_TEST_CONTEXT
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] })
    const timer = setTimeout(() => child.kill('SIGKILL'), limit)
    // Who ends this process means the program.
    const stop = () => child.kill()
    process.once('SIGTERM', stop)
    const end = (status, output) => {
      clearTimeout(timer)
      process.removeListener('SIGTERM', stop)
      resolve({ status, output })
    }
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (data) => {
      output += data
      process.stdout.write(data)
    })
    child.on('error', (error) => {
      console.error(error.message)
      end(null, output)
    })
    child.on('close', (status, signal) => {
      if (signal !== null) console.error(`${command} ${args[0]} … was ended by ${signal}`)
      end(status, output)
    })
  })
}

module.exports = { show }
