'use strict'

const { spawnSync } = require('node:child_process')
const path = require('node:path')

module.exports = { install }

/** Installs a version of Node from npm; null where that can't be done. */
function install (version, folder) {
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const name = `node-${platform}-${process.arch}`
  const args = ['install', '--prefix', folder, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', `${name}@${version}`]
  spawnSync('npm', args, { stdio: ['ignore', 'ignore', 'ignore'], shell: process.platform === 'win32', cwd: folder })
  const node = path.join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  const { status, stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' })
  return status === 0 ? { node, exact: stdout.trim() } : null
}
