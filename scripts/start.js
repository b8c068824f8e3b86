'use strict'

/* `npm start`: installs and builds what is missing, then runs the demo. */

const { prepare, say } = require('./prepare')

const CHECK_PARENT = 500

// npm runs a script through a shell, and not every shell passes a signal on: one that is sent to npm
// alone would leave the demo running without a parent.
const parent = process.ppid

function endIfAlone () {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM')
}

try {
  prepare()
} catch (error) {
  console.error(`\n${error.message}`)
  process.exit(1)
}

endIfAlone()
say('starting the demo; Ctrl-C ends it')
require('../examples/demo/server')
setInterval(endIfAlone, CHECK_PARENT).unref()
