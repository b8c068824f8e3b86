'use strict'

/* What a binary must be, so that it loads wherever its platform package is installed. */

const fs = require('node:fs')
const { readLibrary } = require('./library')
const { isOfMusl } = require('./musl')

/** SQLite's C library is to be in it, too. */
const MOST_BYTES = 3_200_000
/** CentOS 7, Amazon Linux 2, and all that came later. */
const NEWEST_GLIBC = '2.17'
const OLDEST_MACOS = { x64: '10.13', arm64: '11.0' }
const ENTRY = 'napi_register_module_v1'

/** The libraries that every such system has. */
const LIBRARIES = {
  glibc: /^(lib(c|m|dl|rt|pthread|gcc_s)\.so\.\d|ld-linux-(x86-64\.so\.2|aarch64\.so\.1))$/,
  musl: /^(libc\.so|libc\.musl-\w+\.so\.1|ld-musl-\w+\.so\.1|libgcc_s\.so\.1)$/,
  darwin: /^\/usr\/lib\/(libSystem\.B|libiconv\.2|libobjc\.A)\.dylib$/,
  // Not vcruntime140.dll, which is installed with Visual Studio's runtime only.
  win32: /^(kernel32|ntdll|advapi32|bcrypt|bcryptprimitives|userenv|ws2_32|api-ms-win-core-[\w-]+)\.dll$|^node\.exe$/
}

const isNodeApi = (name) => /^(napi|node_api)_/.test(name)
/** C++, V8 and Node beside Node-API, and libraries that Node happens to contain. */
const isForeign = (name) => /^(_Z|\?|v8|uv_|node_|sqlite3|SSL_|EVP_|CRYPTO_|OPENSSL_|nghttp2_|deflate|inflate|rust_)/.test(name) && !isNodeApi(name)

/**
 * What is wrong with a binary.
 *
 * @param {string} file
 * @param {object} target of targets.js
 * @param {object} [options]
 * @param {string} [options.newestGlibc] for a binary that is not to be released
 * @return {string[]}
 */
function problemsOf (file, target, { newestGlibc = NEWEST_GLIBC } = {}) {
  if (!fs.existsSync(file)) return ['it is missing']
  const problems = []
  const { size } = fs.statSync(file)
  if (size > MOST_BYTES) problems.push(`it has ${size} bytes, more than ${MOST_BYTES}`)

  let library
  try {
    library = readLibrary(file)
  } catch (error) {
    return [...problems, error.message]
  }
  for (const [field, wanted] of [['format', target.format], ['machine', target.cpu]]) {
    if (library[field] !== wanted) problems.push(`its ${field} is ${library[field]}, not ${wanted}`)
  }
  if (!library.isLibrary) problems.push('it is not a shared library')
  if (!library.exports.includes(ENTRY)) problems.push(`it does not export ${ENTRY}`)
  if (library.format !== target.format) return problems

  const allowed = LIBRARIES[target.libc || target.os]
  for (const name of library.libraries) if (!allowed.test(name)) problems.push(`it needs the library ${name}`)
  for (const symbol of library.imports) problems.push(...problemsOfImport(symbol, target, newestGlibc))
  // The dynamic linker wants them even if no symbol is taken from them.
  for (const version of library.versions || []) problems.push(...problemsOfVersion('something', version, target, newestGlibc))
  if (target.os === 'darwin') problems.push(...problemsOfMacOS(library, target))
  return [...new Set(problems)]
}

/** A weak symbol that is missing is null, and nothing fails. */
function problemsOfImport ({ name, weak, library, version }, target, newestGlibc) {
  if (isForeign(name)) return [`it needs the symbol ${name}`]
  if (isNodeApi(name)) return []
  if (target.libc === 'glibc') {
    if (version === undefined) return weak ? [] : [`it needs the symbol ${name}, which has no version`]
  }
  if (version !== undefined) return problemsOfVersion(name, version, target, newestGlibc)
  if (target.libc === 'musl') return weak || isOfMusl(name) ? [] : [`it needs the symbol ${name}, which is not among those of musl.js`]
  // Left to whatever the process has.
  if (target.os === 'darwin' && library === undefined && !weak) return [`it needs the symbol ${name} of no library`]
  return []
}

function problemsOfVersion (name, version, target, newestGlibc) {
  if (target.libc === 'musl') return [`it needs ${name} of ${version}: that is not musl`]
  const [, family, number] = /^(GLIBC|GCC)_([\d.]+)$/.exec(version) || []
  if (family === undefined) return [`it needs ${name} of ${version}`]
  if (family === 'GLIBC' && isNewer(number, newestGlibc)) return [`it needs ${name} of glibc ${number}, newer than ${newestGlibc}`]
  return []
}

function problemsOfMacOS ({ system, isSigned }, { cpu }) {
  const problems = []
  if (system === undefined || isNewer(system, OLDEST_MACOS[cpu])) problems.push(`it needs macOS ${system}, newer than ${OLDEST_MACOS[cpu]}`)
  if (cpu === 'arm64' && !isSigned) problems.push('it has no signature, without which macOS on arm64 loads nothing')
  return problems
}

function isNewer (version, than) {
  const [one, other] = [version, than].map((text) => text.split('.').map(Number))
  for (let at = 0; at < Math.max(one.length, other.length); at++) {
    const difference = (one[at] || 0) - (other[at] || 0)
    if (difference !== 0) return difference > 0
  }
  return false
}

module.exports = { ENTRY, NEWEST_GLIBC, problemsOf }
