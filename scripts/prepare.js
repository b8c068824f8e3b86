'use strict'

/*
 * What `npm start` and `npm test` do first, so that both work in a fresh clone: look for the tools,
 * install the dependencies, build the addon. Nothing is required here that npm would have to install.
 */

const { spawn, spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { missingTool } = require('../lib/util/build-tools')

const ROOT = path.join(__dirname, '..')
const OLDEST_NODE = 20

function say (text) {
  console.log(`\n> ${text}`)
}

function run (command, args) {
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit' })
  if (error) throw error
  if (status !== 0) throw new Error(`${command === process.execPath ? 'npm' : command} ${args.slice(1).join(' ')} failed`)
}

// The npm that runs this script, or the one on the path.
function npm (...args) {
  const cli = process.env.npm_execpath
  if (cli && cli.endsWith('.js')) return run(process.execPath, [cli, ...args])
  const { status } = spawnSync('npm', args, { cwd: ROOT, stdio: 'inherit', shell: process.platform === 'win32' })
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed`)
}

function checkTools () {
  if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
    throw new Error(`Node ${process.versions.node} is too old for development: install Node ${OLDEST_NODE} ` +
      'or above from https://nodejs.org (apps that use the package need 18).')
  }
  const missing = needsBuild() ? missingTool() : undefined
  if (missing !== undefined) throw new Error(`The addon has to be built, and ${missing}.`)
}

function changed (file) {
  return fs.existsSync(file) ? fs.statSync(file).mtimeMs : 0
}

function newest (name) {
  const file = path.join(ROOT, name)
  if (!fs.existsSync(file)) return 0
  if (!fs.statSync(file).isDirectory()) return changed(file)
  return Math.max(0, ...fs.readdirSync(file).map((entry) => newest(path.join(name, entry))))
}

function needsInstall () {
  const installed = path.join(ROOT, 'node_modules', '.package-lock.json')
  return changed(installed) < changed(path.join(ROOT, 'package-lock.json'))
}

function needsBuild () {
  const binaries = fs.readdirSync(ROOT).filter((name) => name.endsWith('.node'))
  const built = Math.max(0, ...binaries.map(newest))
  return built < Math.max(...['src', 'build.rs', 'Cargo.toml', 'Cargo.lock'].map(newest))
}

function install () {
  if (!needsInstall()) return
  say('installing the dependencies (npm ci)')
  npm('ci', '--no-audit', '--no-fund')
}

function build () {
  if (!needsBuild()) return
  say('building the addon (npm run build); the first time takes about a minute')
  npm('run', '--silent', 'build')
}

/** Compiles SQLite, which is half of a first build and needs nothing of npm, while the dependencies are installed. */
function buildAhead () {
  if (!needsInstall() || !needsBuild()) return
  spawn('cargo', ['build', '--release', '--quiet', '--package', 'libsqlite3-sys'], { cwd: ROOT, stdio: 'ignore' }).on('error', () => {})
}

function prepare () {
  checkTools()
  buildAhead()
  install()
  build()
}

module.exports = { ROOT, build, buildAhead, checkTools, install, prepare, say }
