'use strict'

module.exports = { missingBinary }

const NAME = 'express-session-native'
const COST = `${NAME} runs without its binary: sessions and signatures work as always, but take more CPU time, and ` +
  'sessions are kept in V8\'s heap'

/**
 * Says why the binary did not load, what that costs, and what to do.
 *
 * @param {Error & {code?: string}} cause what `require` threw
 */
function missingBinary (cause) {
  return `${COST}. ${reason(cause)}`
}

/** @param {any} cause */
function reason (cause) {
  const name = platformPackage()
  const { code } = cause
  const message = firstLine(cause)

  if (code === 'ERR_DLOPEN_DISABLED' || process.execArgv.includes('--no-addons')) {
    return 'Node was started with --no-addons; start it without that flag to use the binary.'
  }
  if (code === 'ERR_ACCESS_DENIED') {
    return 'The permission model forbids addons; add --allow-addons to use the binary.'
  }
  if (isInstalled(name)) {
    return `The package ${name} is installed and its binary does not load here: ${message}`
  }
  return `The package ${name} is not installed. Install without --omit=optional and --no-optional. If package-lock.json ` +
    'was made on another platform, npm may have left it out (npm/cli#4828): remove node_modules and package-lock.json, ' +
    `and install again. Where there is no such package, install Rust (cargo) and run: npm rebuild ${NAME}. (${message})`
}

/** The name of the package that holds this platform's binary. */
function platformPackage () {
  const { platform, arch } = process
  const libc = platform === 'linux' ? (isMusl() ? '-musl' : '-gnu') : platform === 'win32' ? '-msvc' : ''
  return `${NAME}-${platform}-${arch}${libc}`
}

function isMusl () {
  const report = /** @type {any} */ (process.report.getReport())
  return !report.header.glibcVersionRuntime
}

/** @param {string} name */
function isInstalled (name) {
  try {
    require.resolve(`${name}/package.json`)
    return true
  } catch {
    return false
  }
}

/** @param {any} cause */
function firstLine (cause) {
  return String(cause && cause.message).split('\n')[0]
}
