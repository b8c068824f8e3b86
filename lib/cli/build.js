'use strict'

const { spawnSync } = require('child_process')
const fs = require('fs')
const path = require('path')
const { NAME, binaryFile, platformName } = require('../util/binary-names')
const { missingTool } = require('../util/build-tools')

const ROOT = path.join(__dirname, '..', '..')
const LIBRARY = { win32: 'express_session_native.dll', darwin: 'libexpress_session_native.dylib' }

module.exports = {
  summary: 'builds the binary from the sources in the package, with cargo',

  /** Puts the binary into the package's folder, where the package looks first. */
  run () {
    try {
      build()
      console.log(`${NAME}: built ${binaryFile()}`)
    } catch (err) {
      console.error(`${NAME}: there is no new binary for ${platformName()}: ${/** @type {Error} */ (err).message}`)
      process.exitCode = 1
    }
  }
}

function build () {
  const missing = missingTool()
  if (missing !== undefined) throw new Error(missing)
  const target = temporaryFolder()
  try {
    const args = ['build', '--release', '--locked', '--target-dir', target]
    const { status } = spawnSync('cargo', args, { cwd: ROOT, stdio: 'inherit' })
    if (status !== 0) throw new Error('the messages of cargo above say why')
    const library = LIBRARY[/** @type {keyof typeof LIBRARY} */ (process.platform)] || 'libexpress_session_native.so'
    replace(path.join(target, 'release', library), path.join(ROOT, binaryFile()))
  } finally {
    fs.rmSync(target, { recursive: true, force: true })
  }
  check()
}

/** In the package's folder: a temporary folder of the system may be small, or on another file system. */
function temporaryFolder () {
  try {
    return fs.mkdtempSync(path.join(ROOT, '.build-'))
  } catch (err) {
    throw new Error(`the package's folder cannot be written to (with Yarn Plug'n'Play, \`yarn unplug ${NAME}\` first): ` +
      /** @type {Error} */ (err).message)
  }
}

/**
 * Never writes into a binary that a process has loaded.
 *
 * @param {string} built
 * @param {string} file
 */
function replace (built, file) {
  fs.rmSync(file, { force: true })
  fs.renameSync(built, file)
}

/** Loads the package as an app does. */
function check () {
  const { status, stderr } = spawnSync(process.execPath, ['-e', 'require("./binding")'], { cwd: ROOT, encoding: 'utf8' })
  if (status !== 0) throw new Error(`it was built and does not load: ${stderr}`)
}
