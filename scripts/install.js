'use strict'

/*
 * The package's install script. Normally a platform package has brought the binary, and this ends at
 * once. Where it has not, and cargo is there, the binary is built from the sources in the package.
 * A failure never breaks the installation: requiring the package then says what is missing.
 */

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

const NAME = 'express-session-native'
const root = path.join(__dirname, '..')

// The names under which binding.js looks for a binary beside itself.
function triple () {
  const { platform, arch } = process
  if (platform === 'win32') return `win32-${arch}-msvc`
  if (platform !== 'linux') return `${platform}-${arch}`
  const eabi = arch === 'arm' ? 'eabihf' : ''
  return `linux-${arch}-${isMusl() ? 'musl' : 'gnu'}${eabi}`
}

function isMusl () {
  return process.platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime
}

function libraryFile () {
  if (process.platform === 'win32') return 'express_session_native.dll'
  return `libexpress_session_native.${process.platform === 'darwin' ? 'dylib' : 'so'}`
}

function hasBinary () {
  try {
    require('../binding.js')
    return true
  } catch {
    return false
  }
}

function hasCargo () {
  return spawnSync('cargo', ['--version'], { stdio: 'ignore' }).status === 0
}

function build () {
  const env = { ...process.env }
  // A library for musl can't be linked statically.
  if (isMusl()) env.RUSTFLAGS = `${env.RUSTFLAGS || ''} -C target-feature=-crt-static`.trim()
  const target = fs.mkdtempSync(path.join(root, '.build-'))
  try {
    const args = ['build', '--release', '--locked', '--target-dir', target]
    const { status } = spawnSync('cargo', args, { cwd: root, env, stdio: 'inherit' })
    if (status !== 0) return false
    const binary = path.join(root, `${NAME}.${triple()}.node`)
    fs.copyFileSync(path.join(target, 'release', libraryFile()), binary)
    return hasBinary()
  } finally {
    fs.rmSync(target, { recursive: true, force: true })
  }
}

function main () {
  // A checkout: `npm start`, `npm test` and `npm run build` see to the binary there.
  if (fs.existsSync(path.join(root, '.git'))) return
  if (hasBinary()) return
  if (!hasCargo()) {
    console.log(`${NAME}: there is no binary for ${triple()} and no cargo to build one; ` +
      `install Rust (https://rustup.rs), then run: npm rebuild ${NAME}`)
    return
  }
  console.log(`${NAME}: there is no binary for ${triple()}, so cargo builds one`)
  if (!build()) console.log(`${NAME}: the build failed; see the messages of cargo above`)
}

main()
