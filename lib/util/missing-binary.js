'use strict'

module.exports = { missingBinary }

const { readdirSync } = require('fs')
const path = require('path')
const { NAME, binaryFile, platformPackage } = require('./binary-names')

const COST = `${NAME} runs without its binary: sessions and signatures work as always, but take more CPU time, and ` +
  'sessions are kept in V8\'s heap'
const BUILD = `install Rust (cargo) and run: npx ${NAME} build`

/**
 * Says why the binary did not load, what that costs, and what to do.
 *
 * @param {any} cause what binding.js threw
 */
function missingBinary (cause) {
  return `${COST}. ${reason(cause)}`
}

/** @param {any} cause */
function reason (cause) {
  if (cause.code === 'ERR_DLOPEN_DISABLED') {
    return isPermissionModel()
      ? 'The permission model forbids addons; add --allow-addons to use the binary.'
      : 'Node was started with --no-addons; start it without that flag to use the binary.'
  }
  if (cause.code !== 'MODULE_NOT_FOUND') return `The binary is there and does not load: ${firstLine(cause)}`

  const name = platformPackage()
  if (isBundled()) {
    return `This code is in a bundle, and the package ${name} is not where it can be found from there. ` +
      `Put ${binaryFile()} beside the bundle, or see docs/bundling.md of ${NAME}.`
  }
  const installed = installedPackages()
  if (installed.includes(name)) return `The package ${name} is installed without its binary; install it again.`
  const others = installed.length === 0 ? '' : ` (but ${installed.join(' and ')}, for another platform or libc)`
  return `The package ${name} is not installed${others}. ` +
    'Install on the platform that runs the app, without --omit=optional and --no-optional. If package-lock.json was made ' +
    'on another platform, npm may have left it out (npm/cli#4828): remove node_modules and package-lock.json, and install ' +
    `again. Where there is no such package, ${BUILD}.`
}

function isPermissionModel () {
  const flags = [...process.execArgv, ...(process.env.NODE_OPTIONS || '').split(/\s+/)]
  return /** @type {any} */ (process).permission !== undefined && !flags.includes('--no-addons')
}

/** Whether binding.js, where it stands in the package, is another file than the one that runs. */
function isBundled () {
  try {
    return path.basename(__filename) !== 'missing-binary.js'
  } catch {
    return true // an ES module
  }
}

/** The platform packages that are installed beside this package, or below it. */
function installedPackages () {
  const root = path.join(__dirname, '..', '..')
  return [path.dirname(root), path.join(root, 'node_modules')].flatMap(folder => {
    try {
      return readdirSync(folder).filter(name => name.startsWith(`${NAME}-`))
    } catch {
      return []
    }
  })
}

/** @param {any} err */
function firstLine (err) {
  return String(err && err.message).split('\n')[0]
}
