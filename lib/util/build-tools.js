'use strict'

const { spawnSync } = require('child_process')

module.exports = { missingTool }

/** Says which tool is missing to build the binary, and where it comes from; or undefined. */
function missingTool () {
  if (!works('cargo')) return 'cargo is missing; install Rust from https://rustup.rs'
  // On Windows, no tool is on the path: cargo looks for Visual Studio's by itself.
  if (process.platform !== 'win32' && !works('cc')) {
    return 'the C compiler cc is missing; install gcc or clang (Debian: apt install build-essential; Alpine: apk add ' +
      'build-base; macOS: xcode-select --install)'
  }
  return undefined
}

/**
 * Not in the package's folder: with Yarn Plug'n'Play that is none, and the tool would seem to be missing.
 *
 * @param {string} tool
 */
function works (tool) {
  return spawnSync(tool, ['--version'], { stdio: 'ignore' }).status === 0
}
