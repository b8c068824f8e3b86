'use strict'

const fs = require('fs')

module.exports = { faultOf }

const MAGIC = 0x7f454c46
const HEADER = 64
/** As `process.arch` has them. */
const MACHINES = /** @type {Record<number, string>} */ ({ 3: 'ia32', 40: 'arm', 62: 'x64', 183: 'arm64', 243: 'riscv64', 258: 'loong64' })

/**
 * What is wrong with a library of Linux where the system's own answer is of no use: a file that is cut off ends the
 * process with SIGBUS, and glibc calls one of another processor missing. Of all else it says nothing.
 *
 * @param {string} file
 * @return {string | undefined}
 */
function faultOf (file) {
  const { header, size } = headerOf(file)
  const is64Bit = header.length === HEADER && header.readUInt32BE(0) === MAGIC && header[4] === 2 && header[5] === 1
  if (!is64Bit) return undefined

  const machine = header.readUInt16LE(18)
  if (machine !== 0 && MACHINES[machine] !== process.arch) {
    return `it is for another processor (${MACHINES[machine] || `ELF machine ${machine}`}; this is ${process.arch})`
  }
  // The table of sections is what linkers write last.
  const end = Number(header.readBigUInt64LE(40)) + header.readUInt16LE(58) * header.readUInt16LE(60)
  return size < end ? `the file is cut off: it has ${size} bytes of ${end}` : undefined
}

/** @param {string} file */
function headerOf (file) {
  const header = Buffer.alloc(HEADER)
  let opened
  try {
    opened = fs.openSync(file, 'r')
    const length = fs.readSync(opened, header, 0, HEADER, 0)
    return { header: header.subarray(0, length), size: fs.fstatSync(opened).size }
  } catch {
    return { header: header.subarray(0, 0), size: 0 } // the attempt to load it says why it can't be read
  } finally {
    if (opened !== undefined) fs.closeSync(opened)
  }
}
