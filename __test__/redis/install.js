'use strict'

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

/** Installs the clients into this folder, when they are not there yet. */
module.exports = function install () {
  const stamp = path.join(__dirname, 'node_modules/.installed')
  const lock = fs.readFileSync(path.join(__dirname, 'package-lock.json'), 'utf8')
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === lock) return
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: __dirname, stdio: 'inherit', shell: process.platform === 'win32' })
  fs.writeFileSync(stamp, lock)
}
