'use strict'

/* Without a binary for the platform: one sentence where there is no cargo, a build where there is. */

const assert = require('node:assert')
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { after, before, test } = require('node:test')
const { NAME, app, binary, npm, runFixture, tarballs, temporary } = require('../pack')

let folder, place, installed

before(() => {
  folder = temporary('install-missing')
  const { bare } = tarballs(folder)
  place = app(folder, 'app', { [NAME]: `file:${bare}` })
  npm(['install', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: place })
  installed = path.join(place, 'node_modules', NAME)
})

after(() => fs.rmSync(folder, { recursive: true, force: true }))

function node (args, options) {
  return spawnSync(process.execPath, args, { cwd: place, encoding: 'utf8', ...options })
}

function platformName () {
  return `${NAME}-${binary().platform}`
}

test('The install script prints one sentence without cargo and does not fail', () => {
  const { status, stdout, stderr } = node([path.join(installed, 'scripts', 'install.js')], { env: { PATH: '' } })
  assert.strictEqual(status, 0)
  assert.strictEqual(stderr, '')
  assert.match(stdout, new RegExp(`^${NAME}: there is no binary for ${binary().platform} and no cargo[^\n]+npm rebuild ${NAME}\n$`))
})

test('Without a binary the package works, and one warning says why and what to do', () => {
  const script = `
    process.on('warning', ({ name, code, message }) => console.log(JSON.stringify({ name, code, message })))
    const session = require('${NAME}')
    const store = new session.MemoryStore()
    store.set('one', { cookie: {}, views: 1 }, () => store.get('one', (err, { views }) => {
      console.log(JSON.stringify({ err, views, native: session.native }))
    }))`
  const { status, stdout, stderr } = node(['--no-warnings', '-e', script], { env: { PATH: '' } })
  assert.strictEqual(status, 0, stderr)
  const lines = stdout.trim().split('\n').map((line) => JSON.parse(line))
  assert.deepStrictEqual(lines.pop(), { err: null, views: 1, native: false })
  assert.strictEqual(lines.length, 1, stdout)
  const [{ name, code, message }] = lines
  assert.deepStrictEqual({ name, code }, { name: 'SessionWarning', code: 'EXPRESS_SESSION_NO_BINARY' })
  assert.ok(message.includes(platformName()), message)
  assert.ok(message.includes(`npm rebuild ${NAME}`), message)
  assert.ok(!message.includes(folder), `it names a path of this machine: ${message}`)
})

test('A failed build is reported and does not fail the installation', (t) => {
  if (process.platform === 'win32') return t.skip('a stand-in for cargo is a shell script')
  const bin = path.join(folder, 'bin')
  fs.mkdirSync(bin)
  fs.writeFileSync(path.join(bin, 'cargo'), '#!/bin/sh\n[ "$1" = --version ]\n', { mode: 0o755 })
  const { status, stdout } = node([path.join(installed, 'scripts', 'install.js')], { env: { PATH: bin } })
  assert.strictEqual(status, 0)
  assert.match(stdout, /the build failed/)
  assert.deepStrictEqual(fs.readdirSync(installed).filter((name) => name.startsWith('.build')), [])
})

test('npm rebuild builds the addon from the sources in the package', { timeout: 300_000 }, (t) => {
  if (spawnSync('cargo', ['--version']).status !== 0) return t.skip('there is no cargo here')
  npm(['rebuild', '--foreground-scripts', NAME], { cwd: place })
  const left = fs.readdirSync(installed).sort()
  assert.ok(left.includes(binary().file), left.join(' '))
  assert.ok(!left.some((name) => name === 'target' || name.startsWith('.build')), left.join(' '))
  assert.deepStrictEqual(runFixture(place, 'smoke.js', [NAME]).views, [1, 2])
})
