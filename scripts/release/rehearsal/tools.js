'use strict'

/* Programs from npm, each in a temporary folder of its own. None needs its install script. */

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

const LIMIT = 180_000

/**
 * Installs packages from where npm is told to, and gives the folder, or null where they can't be had.
 *
 * @param {string} folder
 * @param {Record<string, string>} dependencies
 * @param {object} [overrides] as in package.json
 */
function install (folder, dependencies, overrides) {
  const place = path.join(folder, Object.keys(dependencies)[0].replace(/\W+/g, '-') + '-' + Object.values(dependencies)[0].replace(/\W+/g, '-'))
  if (fs.existsSync(place)) return place
  fs.mkdirSync(place, { recursive: true })
  fs.writeFileSync(path.join(place, 'package.json'), JSON.stringify({ private: true, dependencies, overrides }))
  const { status } = spawnSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: place, stdio: 'ignore', timeout: LIMIT, shell: process.platform === 'win32'
  })
  if (status === 0) return place
  fs.rmSync(place, { recursive: true, force: true })
  return null
}

/** The path of a file in an installed package, or null. */
function fileOf (folder, name, version, file) {
  const place = install(folder, { [name]: version })
  const found = place && path.join(place, 'node_modules', name, file)
  return found && fs.existsSync(found) ? found : null
}

/** A Node of another version, or null. */
function nodeOf (folder, version) {
  const platform = process.platform === 'win32' ? 'win' : process.platform
  return fileOf(folder, `node-${platform}-${process.arch}`, version, platform === 'win' ? 'bin/node.exe' : 'bin/node')
}

function bunOf (folder) {
  const arch = process.arch === 'arm64' ? 'aarch64' : process.arch
  return fileOf(folder, `@oven/bun-${process.platform}-${arch}`, '1', 'bin/bun')
}

module.exports = { bunOf, fileOf, install, nodeOf }
