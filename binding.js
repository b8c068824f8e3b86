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
    yield () => from(`./${binaryFile()}`)
    if (typeof __dirname === 'string') {
      // What gathers the files of a server (nft; Next.js for its standalone output) reads this line. It is where npm and
      // pnpm have it.
      yield () => from(path.join(__dirname, '../express-session-native-' + platformName(), binaryFile()))
    }
    yield () => from(platformPackage())
    // From a bundle, with a package manager that hides the dependencies of dependencies.
    for (const own of [NAME, 'express-session']) {
      yield () => createRequire(from.resolve(`${own}/package.json`))(platformPackage())
    }
  }
}

/** This file or the bundle that it is in. A bundler may have given it a name that does not exist, or none. */
function places () {
  return [typeof __filename === 'string' ? __filename : undefined, process.argv[1]].filter(place => place !== undefined)
}

/** @param {any} binding */
function checked (binding) {
  if (binding.VERSION === VERSION) return binding
  throw new Error(`the binary has version ${binding.VERSION}, and this package ${VERSION}`)
}
