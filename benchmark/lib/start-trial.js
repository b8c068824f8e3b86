'use strict'

const { fork } = require('node:child_process')
const path = require('node:path')

module.exports = { runTrial, startTrial }

const TIME_LIMIT = 15 * 60 * 1000

/**
 * Starts a trial in a fresh process.
 *
 * @param {string} name of a file in trials/
 * @param {object} args what its function gets
 * @param {string[]} [flags] for node
 * @return {Promise<{slice: function(): Promise<object>, stop: function()}>} once it has prepared
 */
async function startTrial (name, args, flags = []) {
  const child = fork(path.join(__dirname, 'trial.js'), [name, JSON.stringify(args)], {
    env: environment(),
    execArgv: flags,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc']
  })
  let errors = ''
  let stopped = false
  child.stderr.setEncoding('utf8').on('data', (data) => { errors += data })

  function answer () {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => child.kill('SIGKILL'), TIME_LIMIT)
      const close = (code, signal) => {
        clearTimeout(timer)
        if (!stopped) reject(new Error(`trial ${name} ${JSON.stringify(args)}: ${signal || code}\n${errors}`))
      }
      child.once('close', close)
      child.once('message', (message) => {
        clearTimeout(timer)
        child.off('close', close)
        resolve(message)
      })
    })
  }

  await answer()

  return {
    slice () {
      child.send('slice')
      return answer()
    },

    stop () {
      stopped = true
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.disconnect()
      return gone
    }
  }
}

/** A trial of one slice. */
async function runTrial (name, args, flags) {
  const trial = await startTrial(name, args, flags)
  try {
    return await trial.slice()
  } finally {
    await trial.stop()
  }
}

function environment () {
  const env = { ...process.env, NODE_ENV: 'production' }
  delete env.DEBUG
  return env
}
