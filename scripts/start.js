'use strict'

/* `npm start`: installs and builds what is missing, then runs the demo. */

const { prepare, say } = require('./prepare')

const CHECK_PARENT = 500

try {
  prepare()
} catch (error) {
  console.error(`\n${error.message}`)
  process.exit(1)
}

say('starting the demo; Ctrl-C ends it')
require('../examples/demo/server')

// npm runs a script through a shell, and not every shell passes a signal on: one that is sent to npm
// alone would leave the demo running without a parent.
const parent = process.ppid
setInterval(() => {
  if (process.ppid !== parent) process.emit('SIGTERM')
}, CHECK_PARENT).unref()
