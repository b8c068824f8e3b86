'use strict'

module.exports = { missingBinary, reasonOf }

const { readdirSync } = require('fs')
const path = require('path')
const { NAME, binaryFile, platformPackage } = require('./binary-names')

const COST = `${NAME} runs without its binary: sessions and signatures work as always, but take more CPU time, and ` +
  'sessions are kept in V8\'s heap'
const READABLE = 'Let the user that runs this process read it.'
const BUILD = `install Rust (cargo) and run: npx ${NAME} build`

/**
 * Says why the binary did not load, what that costs, and what to do.
 *
 * @param {any} cause what binding.js threw
 */
function missingBinary (cause) {
  return `${COST}. ${reasonOf(cause)}`
}

/**
 * Says why the binary did not load, and what to do.
 *
 * @param {any} cause what binding.js threw
 */
function reasonOf (cause) {
  if (cause.code === 'ERR_DLOPEN_DISABLED') {
    return isPermissionModel()
      ? 'The permission model forbids addons; add --allow-addons to use the binary.'
      : 'Node was started with --no-addons; start it without that flag to use the binary.'
  }
  if (cause.code === 'ERR_ACCESS_DENIED') {
    return `The permission model forbids to read ${cause.resource || 'the binary'}; add --allow-fs-read for it to use the binary.`
  }
  if (cause.code !== 'MODULE_NOT_FOUND') {
    const line = firstLine(cause).replace(/\.$/, '')
    return `The binary is there and does not load: ${line}. ${/permission denied/i.test(line) ? READABLE : `Install it again, or ${BUILD}.`}`
  }

  const name = platformPackage()
  if (isBundled()) {
    return `This code is in a bundle, and the package ${name} is not where it can be found from there. ` +
      `Put ${binaryFile()} beside the bundle, or see docs/bundling.md of ${NAME}.`
  }
  const installed = installedPackages()
  const own = installed.find(folder => path.basename(folder) === name)
  if (own !== undefined) {
    const fault = faultOfFolder(own)
    if (fault !== undefined) return `The package ${name} can't be read: ${firstLine(fault)}. ${READABLE}`
    return `The package ${name} is installed without its binary; install it again.`
  }
  const others = installed.length === 0
    ? ''
    : ` (but ${installed.map(folder => path.basename(folder)).join(' and ')}, for another platform or libc)`
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

/** The folders of platform packages that are installed beside this package, or below it. */
function installedPackages () {
  const root = path.join(__dirname, '..', '..')
  return [path.dirname(root), path.join(root, 'node_modules')].flatMap(folder => {
    try {
      return readdirSync(folder).filter(name => name.startsWith(`${NAME}-`)).map(name => path.join(folder, name))
    } catch {
      return []
    }
  })
}

/** @param {string} folder */
function faultOfFolder (folder) {
  try {
    readdirSync(folder)
    return undefined
  } catch (err) {
    return err
  }
}

/** @param {any} err */
function firstLine (err) {
  return String(err && err.message).split('\n')[0]
}
