'use strict'

/*
 *   node scripts/release/publish.js <folder> [argument of npm publish …]
 *
 * Publishes what stage.js has laid and check-release.js has passed: the platform packages, then the package that
 * needs them. What is published already, byte for byte, is left alone: a run that broke off can be run again.
 */

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { npm, pack } = require('./npm')

const NAME = require('../../package.json').name

function publish (folder, args, options) {
  const tarballs = path.join(folder, 'tarballs')
  fs.mkdirSync(tarballs, { recursive: true })
  const platforms = fs.readdirSync(folder).filter((name) => name.startsWith(`${NAME}-`)).sort()
  // All are packed before the first is published.
  const packed = [...platforms, NAME].map((name) => pack(path.join(folder, name), tarballs))
  for (const { file, name, version, integrity } of packed) {
    const there = publishedIntegrity(`${name}@${version}`, options)
    if (there === integrity) {
      console.log(`${name}@${version} is published already`)
    } else if (there !== null) {
      throw new Error(`${name}@${version} is published already, with other content`)
    } else {
      npm(['publish', file, ...args], options)
      console.log(`published ${name}@${version}`)
    }
  }
  return packed
}

/** null for what is not published */
function publishedIntegrity (spec, options) {
  const { status, stdout, stderr } = spawnSync('npm', ['view', spec, 'dist.integrity', '--json'], {
    encoding: 'utf8', shell: process.platform === 'win32', ...options
  })
  if (status === 0) return stdout.trim() === '' ? null : JSON.parse(stdout)
  if (/E404|ETARGET/.test(stdout + stderr)) return null
  throw new Error(`npm view ${spec}: ${stderr}`)
}

module.exports = { publish }

if (require.main === module) {
  const [folder, ...args] = process.argv.slice(2)
  publish(path.resolve(folder), args)
}
