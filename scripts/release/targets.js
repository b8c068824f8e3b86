'use strict'

/* What each target of package.json must look like: the folder in npm/, the binary's format, machine and libc. */

const MACHINES = { x86_64: 'x64', aarch64: 'arm64' }
const SYSTEMS = {
  'unknown-linux-gnu': { os: 'linux', format: 'ELF', libc: 'glibc', suffix: '-gnu' },
  'unknown-linux-musl': { os: 'linux', format: 'ELF', libc: 'musl', suffix: '-musl' },
  'apple-darwin': { os: 'darwin', format: 'Mach-O', suffix: '' },
  'pc-windows-msvc': { os: 'win32', format: 'PE', suffix: '-msvc' }
}

/** @param {string} triple such as x86_64-unknown-linux-musl */
function describe (triple) {
  const [, machine, system] = /^([^-]+)-(.+)$/.exec(triple)
  const cpu = MACHINES[machine]
  const { suffix, ...rest } = SYSTEMS[system]
  return { triple, platform: `${rest.os}-${cpu}${suffix}`, cpu, ...rest }
}

/** The targets that a package.json names. */
function targetsOf (manifest) {
  return manifest.napi.targets.map(describe)
}

module.exports = { targetsOf }
