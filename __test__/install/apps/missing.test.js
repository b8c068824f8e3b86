'use strict'

/* Without a binary for the platform: the plain engine and one warning; and the command that builds one. */

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

/** Runs the package's command by the link that npm has made. */
function npx (args, options) {
  return node([fs.realpathSync(path.join(place, 'node_modules', '.bin', NAME)), ...args], options)
}

function platformName () {
  return `${NAME}-${binary().platform}`
}

test('`npx express-session-native` lists its commands', () => {
  const { status, stdout } = npx([])
  assert.strictEqual(status, 0)
  assert.match(stdout, /^usage: npx express-session-native <command>\n\n {2}build /)
  assert.strictEqual(npx(['constructor']).status, 1)
})

test('`npx express-session-native build` says that cargo is missing', () => {
  const { status, stdout, stderr } = npx(['build'], { env: { PATH: '' } })
  assert.strictEqual(status, 1)
  assert.strictEqual(stdout, '')
  assert.match(stderr, new RegExp(`^${NAME}: there is no new binary for ${binary().platform}: cargo is missing[^\n]+\n$`))
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
  assert.ok(message.includes(`npx ${NAME} build`), message)
  assert.ok(!message.includes(folder), `it names a path of this machine: ${message}`)
})

test('A failed build is reported, and leaves nothing behind', (t) => {
  if (process.platform === 'win32') return t.skip('a stand-in for cargo is a shell script')
  const bin = path.join(folder, 'bin')
  fs.mkdirSync(bin)
  fs.writeFileSync(path.join(bin, 'cargo'), '#!/bin/sh\n[ "$1" = --version ]\n', { mode: 0o755 })
  const before = fs.readdirSync(installed)
  const { status, stderr } = npx(['build'], { env: { PATH: bin } })
  assert.strictEqual(status, 1)
  assert.match(stderr, /there is no new binary/)
  assert.deepStrictEqual(fs.readdirSync(installed), before)
})

test('`npx express-session-native build` builds the binary from the sources in the package', { timeout: 300_000 }, (t) => {
  if (spawnSync('cargo', ['--version']).status !== 0) return t.skip('there is no cargo here')
  const { status, stderr } = npx(['build'])
  assert.strictEqual(status, 0, stderr)
  const left = fs.readdirSync(installed).sort()
  assert.ok(left.includes(binary().file), left.join(' '))
  assert.ok(!left.some((name) => name === 'target' || name.startsWith('.build')), left.join(' '))
  assert.deepStrictEqual(runFixture(place, 'smoke.js', [NAME]).views, [1, 2])
})
