'use strict'

const { readFileSync } = require('fs')

/** The name under which this package is published. It may be installed under another. */
const NAME = 'express-session-native'
/** Not from package.json: a bundler may leave that behind. `npm version` sets it. */
const VERSION = '1.19.0'

module.exports = { NAME, VERSION, binaryFile, platformName, platformPackage }

/** This platform as the packages in npm/ are named, such as `linux-x64-musl`. */
function platformName () {
  const { platform, arch } = process
  const abi = platform === 'linux' ? (isMusl() ? '-musl' : '-gnu') : platform === 'win32' ? '-msvc' : ''
  return `${platform}-${arch}${abi}`
}

/** The package that brings the binary of this platform. */
function platformPackage () {
  return `${NAME}-${platformName()}`
}

/** The name of the binary, in its package and in a checkout. */
function binaryFile () {
  return `${NAME}.${platformName()}.node`
}

function isMusl () {
  if (process.platform !== 'linux') return false
  try {
    // Faster than a report, which may also look up the names of all peers.
    const ldd = readFileSync('/usr/bin/ldd', 'latin1')
    if (ldd.includes('musl')) return true
    if (ldd.includes('GNU C Library')) return false
  } catch {
    // There is no such file in small images, and the permission model forbids to read it.
  }
  const report = /** @type {any} */ (process.report)?.getReport()
  return report !== undefined && !report.header.glibcVersionRuntime
}
