'use strict'

/* npm, as the scripts of a release call it. */

const { execFileSync } = require('node:child_process')
const path = require('node:path')

function npm (args, options) {
  return execFileSync('npm', args, {
    encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], shell: process.platform === 'win32', ...options
  })
}

/** Packs a folder into a tarball in another, and gives its path and what npm says of it. */
function pack (source, destination) {
  const parsed = JSON.parse(npm(['pack', '--json', '--ignore-scripts', '--pack-destination', destination], { cwd: source }))
  // An array in npm up to 11, an object by name in later ones.
  const [packed] = Array.isArray(parsed) ? parsed : Object.values(parsed)
  return { ...packed, file: path.join(destination, path.basename(packed.filename)) }
}

module.exports = { npm, pack }
