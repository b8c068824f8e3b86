'use strict'

module.exports = { missingBinary }

const NAME = 'express-session-native'
const COST = `${NAME} runs without its binary: sessions and signatures work as always, but take more CPU time, and ` +
  'sessions are kept in V8\'s heap'
/** What the loader says of a place where there is nothing. */
const NOT_FOUND = /^Cannot find (module|native binding)/

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
  const errors = chainOf(cause)
  const failed = errors.find(err => !NOT_FOUND.test(err.message))
  const name = platformPackage()

  if (errors.some(isDisabled)) {
    return /** @type {any} */ (process).permission === undefined
      ? 'Node was started with --no-addons; start it without that flag to use the binary.'
      : 'The permission model forbids addons; add --allow-addons to use the binary.'
  }
  if (failed !== undefined) return `The binary is there and does not load: ${firstLine(failed)}`
  if (isInstalled(name)) return `The package ${name} is installed without its binary: ${firstLine(errors[errors.length - 1])}`
  return `The package ${name} is not installed. Install without --omit=optional and --no-optional. If package-lock.json ` +
    'was made on another platform, npm may have left it out (npm/cli#4828): remove node_modules and package-lock.json, ' +
    `and install again. Where there is no such package, install Rust (cargo) and run: npm rebuild ${NAME}.`
}

/**
 * The loader says first that there is no binary. The errors that it met stand behind that, without their codes.
 *
 * @param {any} err
 */
function chainOf (err) {
  /** @type {any[]} */
  const errors = []
  for (; err instanceof Error && !errors.includes(err); err = err.cause) errors.push(err)
  return errors
}

/** @param {any} err */
function isDisabled (err) {
  return err.code === 'ERR_DLOPEN_DISABLED' || /loading addons is disabled/.test(err.message)
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

/** @param {any} err */
function firstLine (err) {
  return err === undefined ? 'the cause is not known' : String(err.message).split('\n')[0]
}
