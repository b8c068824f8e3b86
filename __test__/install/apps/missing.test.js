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

/** A tool that has a version, and fails at all else. */
function standIn (place, tool) {
  fs.writeFileSync(path.join(place, tool), '#!/bin/sh\n[ "$1" = --version ]\n', { mode: 0o755 })
}

function platformName () {
  return `${NAME}-${binary().platform}`
}

test('`npx express-session-native` lists its commands', () => {
  const { status, stdout } = npx([])
  assert.strictEqual(status, 0)
  assert.match(stdout, /^usage: npx express-session-native <command>\n\n {2}build /)
})

test('A wrong command or argument is named, and nothing is built; --help is no wrong argument', () => {
  for (const [args, fault] of [
    [['constructor'], 'there is no command constructor'],
    [['buidl', '--force'], 'there is no command buidl'],
    [['build', '--debug'], 'build takes no argument: --debug']
  ]) {
    const { status, stdout, stderr } = npx(args, { env: { PATH: '' } })
    assert.strictEqual(status, 1)
    assert.strictEqual(stdout, '')
    assert.ok(stderr.startsWith(`${NAME}: ${fault}\n\nusage: `), stderr)
  }
  for (const args of [['--help'], ['-h'], ['build', '--help']]) {
    const { status, stdout, stderr } = npx(args, { env: { PATH: '' } })
    assert.deepStrictEqual([status, stderr], [0, ''])
    assert.match(stdout, /^usage: /)
  }
})

test('`npx express-session-native build` says which tool is missing', () => {
  const tools = path.join(folder, 'tools')
  fs.mkdirSync(tools)
  for (const missing of ['cargo', ...process.platform === 'win32' ? [] : ['the C compiler cc']]) {
    const { status, stdout, stderr } = npx(['build'], { env: { PATH: tools } })
    assert.strictEqual(status, 1)
    assert.strictEqual(stdout, '')
    assert.match(stderr, new RegExp(`^${NAME}: there is no new binary for ${binary().platform}: ${missing} is missing; install [^\n]+\n$`))
    standIn(tools, 'cargo')
  }
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
  for (const tool of ['cargo', 'cc']) standIn(bin, tool)
  const before = fs.readdirSync(installed)
  const { status, stderr } = npx(['build'], { env: { PATH: bin } })
  assert.strictEqual(status, 1)
  assert.match(stderr, /there is no new binary/)
  assert.deepStrictEqual(fs.readdirSync(installed), before)

  // A stand-in for Yarn Plug'n'Play, where the package's folder is in an archive.
  const archive = path.join(folder, 'archive.js')
  fs.writeFileSync(archive, `
    const { spawnSync } = require('child_process')
    require('child_process').spawnSync = (file, args, options) => options.cwd ? { status: null } : spawnSync(file, args, options)
    require('fs').mkdtempSync = () => { throw new Error('it is in an archive') }`)
  const zipped = npx(['build'], { env: { PATH: bin, NODE_OPTIONS: `--require ${archive}` } })
  assert.match(zipped.stderr, /folder cannot be written to \(with Yarn Plug'n'Play, `yarn unplug .*it is in an archive/)
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
