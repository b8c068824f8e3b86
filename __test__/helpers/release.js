'use strict'

/* Binaries of all platforms for a release that is tried: no machine builds eight. */

const fs = require('node:fs')
const path = require('node:path')
const { makeLibrary } = require('./libraries')
const { targetsOf } = require('../../scripts/release/targets')

const manifest = require('../../package.json')
const NAPI = { name: 'napi_create_function', weak: false }

/** What a right binary of a target has, as helpers/libraries.js takes it. */
function rightLibrary ({ format, cpu, os, libc }) {
  const own = {
    glibc: { libraries: ['libc.so.6', 'libpthread.so.0'], imports: [NAPI, { name: 'malloc', version: 'GLIBC_2.2.5' }, { name: 'gettid', weak: true }] },
    musl: { libraries: ['libc.so'], imports: [NAPI, { name: 'malloc' }] },
    darwin: { libraries: ['/usr/lib/libSystem.B.dylib'], imports: [NAPI, { name: 'malloc', library: '/usr/lib/libSystem.B.dylib' }], system: cpu === 'x64' ? '10.13' : '11.0' },
    win32: { imports: [{ name: 'HeapAlloc', library: 'KERNEL32.dll' }] }
  }
  return { format, machine: cpu, exports: ['napi_register_module_v1'], ...own[libc || os] }
}

function binaryName (platform) {
  return `${manifest.name}.${platform}.node`
}

/** Makes a folder with a stand-in for each of the eight binaries. */
function makeBinaries (folder) {
  fs.mkdirSync(folder, { recursive: true })
  for (const target of targetsOf(manifest)) fs.writeFileSync(path.join(folder, binaryName(target.platform)), makeLibrary(rightLibrary(target)))
  return folder
}

module.exports = { binaryName, makeBinaries, rightLibrary }
