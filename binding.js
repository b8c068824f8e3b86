'use strict'

/*
 * Loads the binary. Its types are in binding.d.ts, which `npm run build` generates.
 *
 * Bundlers find nothing to follow here: the names are made at run time, and this `require` is not theirs. So they look
 * neither for the packages of other platforms nor for a loader of `.node` files.
 */

const { createRequire } = require('module')
const path = require('path')
const { NAME, VERSION, binaryFile, platformName, platformPackage } = require('./lib/util/binary-names')
const { faultOf } = require('./lib/util/elf-file')

module.exports = load()

/** Of all that went wrong, it throws what is not just an absence. */
function load () {
  /** @type {any} */
  let cause
  for (const candidate of candidates()) {
    try {
      return checked(candidate())
    } catch (err) {
      if (cause === undefined || cause.code === 'MODULE_NOT_FOUND') cause = err
    }
  }
  throw cause
}

/** The binary beside this file (a checkout, or what `build` made), then the one in its package. */
function * candidates () {
  for (const place of places()) {
    const from = createRequire(place)
    yield () => open(from.resolve(`./${binaryFile()}`))
    if (typeof __dirname === 'string') {
      // nft gathers the files of a server, also for Next.js's standalone output. It reads the line with `from`, which
      // names the place where npm and pnpm have the binary.
      yield () => {
        refuse(path.join(__dirname, '..', platformPackage(), binaryFile()))
        return from(path.join(__dirname, '../express-session-native-' + platformName(), binaryFile()))
      }
    }
    yield () => open(from.resolve(platformPackage()))
    // From a bundle, with a package manager that hides the dependencies of dependencies.
    for (const own of [NAME, 'express-session']) {
      yield () => open(createRequire(from.resolve(`${own}/package.json`)).resolve(platformPackage()))
    }
  }
}

/**
 * This file or the bundle that it is in, then the main script. A bundler may have given this file a name that does not
 * exist, or none. The main script has no path with `node -` and in Electron.
 *
 * @return {string[]}
 */
function places () {
  /** @type {any[]} */
  const named = [typeof __filename === 'string' ? __filename : undefined, process.argv && process.argv[1]]
  const found = named.filter(place => typeof place === 'string' && path.isAbsolute(place))
  return found.length > 0 ? found : [path.resolve('-')]
}

/** @param {string} file */
function open (file) {
  refuse(file)
  return createRequire(file)(file)
}

/**
 * @param {string} file
 * @throws {Error} what the system would not say of the file
 */
function refuse (file) {
  const fault = faultOf(file)
  if (fault !== undefined) throw new Error(`${file}: ${fault}`)
}

/** @param {any} binding */
function checked (binding) {
  if (binding.VERSION === VERSION) return binding
  throw new Error(`the binary has version ${binding.VERSION}, and this package ${VERSION}`)
}
