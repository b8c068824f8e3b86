'use strict'

/** The addon; the only file that loads it. */
try {
  module.exports = require('../binding')
} catch (cause) {
  throw new Error(missing(cause), { cause })
}

function missing (cause) {
  const { platform, arch } = process
  const name = 'express-session-native'
  const libc = platform === 'linux' ? (isMusl() ? '-musl' : '-gnu') : platform === 'win32' ? '-msvc' : ''

  return `${name} has no binary for ${platform}-${arch}: the package ${name}-${platform}-${arch}${libc} is ` +
    'not installed or does not load here; install again without --omit=optional, or install Rust ' +
    `(cargo) and run "npm rebuild ${name}" (${String(cause && cause.message).split('\n')[0]})`
}

function isMusl () {
  return !process.report.getReport().header.glibcVersionRuntime
}
