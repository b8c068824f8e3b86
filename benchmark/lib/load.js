'use strict'

const { fork } = require('node:child_process')
const path = require('node:path')

module.exports = { startLoad }

/** A process that sends requests when it is told to. */
function startLoad () {
  const child = fork(path.join(__dirname, 'load-process.js'), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] })

  return {
    /** @return {Promise<{requests: number, seconds: number, latency: number}>} */
    send (task) {
      return new Promise((resolve, reject) => {
        child.once('message', (answer) => {
          if (answer.failed) reject(new Error(`load: ${answer.failed}`))
          else resolve(answer)
        })
        child.send(task)
      })
    },

    stop () {
      child.disconnect()
    }
  }
}
