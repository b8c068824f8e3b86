'use strict'

const fs = require('fs')
const os = require('os')

module.exports = { availableMemory }

/**
 * The bytes that this process may use: of its container's limit where there is one, else of the machine; and no more than
 * its limit on address space leaves it.
 */
function availableMemory () {
  const machine = os.totalmem()
  // Without a limit it is 0, undefined, or larger than any machine.
  const limit = typeof process.constrainedMemory === 'function' ? process.constrainedMemory() : 0
  return Math.min(limit > 0 && limit < machine ? limit : machine, addressSpaceLeft())
}

/** What `ulimit -v` (RLIMIT_AS) leaves of its limit, on Linux. V8 reserves far more of it than it uses. */
function addressSpaceLeft () {
  const limit = Number(field('/proc/self/limits', /^Max address space +(\d+)/m))
  const used = Number(field('/proc/self/status', /^VmSize:\s+(\d+) kB/m)) * 1024
  return limit > 0 ? Math.max(0, limit - used) : Infinity
}

/**
 * @param {string} file
 * @param {RegExp} pattern
 */
function field (file, pattern) {
  if (process.platform !== 'linux') return 0
  try {
    const found = pattern.exec(fs.readFileSync(file, 'latin1'))
    return found ? found[1] : 0
  } catch {
    return 0 // without /proc
  }
}
