'use strict'

module.exports = { progress }

/** Says what is being measured, on one line where the output is a terminal. */
function progress (name) {
  const begin = Date.now()
  return (text) => {
    const seconds = Math.round((Date.now() - begin) / 1000)
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${name}: ${text} (${seconds} s)`)
    else process.stderr.write(`${name}: ${text} (${seconds} s)\n`)
  }
}
