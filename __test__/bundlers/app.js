'use strict'

/* The app that bundlers are tried with, and the bundlers, which come from npm in the version of the day. */

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const { createRequire } = require('node:module')
const path = require('node:path')
const { pathToFileURL } = require('node:url')
const { install } = require('../../scripts/release/rehearsal/tools')
const { NAME, app, npm, tarballs, temporary } = require('../install/pack')
const { binaryFile, platformPackage } = require('../../lib/util/binary-names')

const FIXTURES = path.join(__dirname, '../install/fixtures')
const NAMES = [NAME, 'express-session']
const LIMIT = 60_000

/** A folder with the app in `place`, into which the package is installed under both names, and room for the rest. */
function prepare (purpose) {
  const folder = temporary(`bundlers-${purpose}`)
  const { release } = tarballs(folder)
  const place = app(folder, 'app', Object.fromEntries(NAMES.map((name) => [name, `file:${release}`])))
  npm(['install', '--no-audit', '--no-fund'], { cwd: place })
  return { folder, place, end: () => fs.rmSync(folder, { recursive: true, force: true }) }
}

/** Puts a fixture into a folder, as an app that has the package under this name. */
function write (place, fixture, name) {
  const file = path.join(place, `${name}-${fixture}`)
  const text = fs.readFileSync(path.join(FIXTURES, fixture), 'utf8').replaceAll(`'${NAME}'`, `'${name}'`)
  fs.writeFileSync(file, text)
  return file
}

/**
 * Installs tools. Gives `require` and `load` (which imports) for them, and the version of the first, or null.
 *
 * @param {string} folder
 * @param {Record<string, string>} dependencies
 */
function toolsOf (folder, dependencies) {
  const place = install(path.join(folder, 'tools'), dependencies)
  if (place === null) return null
  const require = createRequire(path.join(place, 'package.json'))
  const [first] = Object.keys(dependencies)
  return {
    require,
    place,
    load: (name) => import(pathToFileURL(require.resolve(name))),
    version: JSON.parse(fs.readFileSync(path.join(place, 'node_modules', first, 'package.json'), 'utf8')).version
  }
}

/** Runs a file and gives what it prints as JSON. */
function run (args, options) {
  const { status, stdout, stderr } = spawnSync(args[0], args.slice(1), { encoding: 'utf8', timeout: LIMIT, ...options })
  assert.equal(status, 0, stdout + stderr)
  return JSON.parse(stdout)
}

const RIGHT = { native: true, views: [1, 2], warnings: [] }

/**
 * What a bundler made runs with the binary: where node_modules is above it, and elsewhere with the binary beside it.
 * Elsewhere without a binary, it runs on the fallback.
 *
 * @param {string} folder
 * @param {string} file what the bundler made, below the app
 * @param {(file: string) => string[]} command
 */
function checkBundle (folder, file, command = (bundle) => [process.execPath, bundle]) {
  assert.deepEqual(run(command(file)), RIGHT)

  const elsewhere = fs.mkdtempSync(path.join(folder, 'elsewhere-'))
  const copy = path.join(elsewhere, path.basename(file))
  fs.copyFileSync(file, copy)
  const { native, views, warnings } = run(command(copy))
  assert.deepEqual({ native, views }, { native: false, views: [1, 2] })
  assert.match(warnings.join('\n'), /^EXPRESS_SESSION_NO_BINARY: .*This code is in a bundle/)

  const binary = path.join(folder, 'app', 'node_modules', platformPackage(), binaryFile())
  fs.copyFileSync(binary, path.join(elsewhere, binaryFile()))
  assert.deepEqual(run(command(copy)), RIGHT)
}

module.exports = { NAMES, RIGHT, checkBundle, prepare, run, toolsOf, write }
