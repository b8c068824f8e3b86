'use strict'

// Bun and Deno: the exports, the MemoryStore and an Express app. Electron is not run.

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { after, before, test } = require('node:test')
const { bunOf, install } = require('../../scripts/release/rehearsal/tools')
const { NAME, app, npm, tarballs, temporary } = require('../install/pack')

const FIXTURES = path.join(__dirname, '../install/fixtures')
const LIMIT = 60_000

let folder, place

before(() => {
  folder = temporary('runtimes')
  const { release } = tarballs(folder)
  place = app(folder, 'app', { [NAME]: `file:${release}`, express: '^5.0.0' })
  npm(['install', '--no-audit', '--no-fund'], { cwd: place })
  for (const fixture of ['smoke.js', 'express-app.js']) fs.copyFileSync(path.join(FIXTURES, fixture), path.join(place, fixture))
  // Deno takes a file for an ES module otherwise.
  const manifest = path.join(place, 'package.json')
  fs.writeFileSync(manifest, JSON.stringify({ ...JSON.parse(fs.readFileSync(manifest, 'utf8')), type: 'commonjs' }))
})

after(() => fs.rmSync(folder, { recursive: true, force: true }))

function denoOf () {
  const found = install(path.join(folder, 'tools'), { deno: '2' })
  const scope = found && path.join(found, 'node_modules', '@deno')
  if (!scope || !fs.existsSync(scope)) return null
  return path.join(scope, fs.readdirSync(scope)[0], process.platform === 'win32' ? 'deno.exe' : 'deno')
}

const RUNTIMES = {
  Node: { find: () => process.execPath, args: [] },
  Bun: { find: () => bunOf(path.join(folder, 'tools')), args: [] },
  Deno: { find: denoOf, args: ['run', '--allow-all'] }
}

for (const [title, { find, args }] of Object.entries(RUNTIMES)) {
  test(`${title} loads the binary, keeps sessions, and serves an Express app`, (t) => {
    const program = find()
    if (program === null) return t.skip(`${title} can't be installed from npm`)
    const run = (...more) => {
      const { status, stdout, stderr } = spawnSync(program, more, { cwd: place, encoding: 'utf8', timeout: LIMIT })
      assert.equal(status, 0, stdout + stderr)
      return stdout
    }
    t.diagnostic(run('--version').split('\n')[0])
    const { native, warnings, views, sessions, names } = JSON.parse(run(...args, 'smoke.js', NAME))
    assert.deepEqual({ native, warnings, views, sessions }, { native: true, warnings: [], views: [1, 2], sessions: 1 })
    for (const name of ['Cookie', 'MemoryStore', 'Session', 'Store', 'default']) assert.ok(names.includes(name), name)
    assert.deepEqual(JSON.parse(run(...args, 'express-app.js')), { native: true, warnings: [], views: [1, 2], out: true, again: 1 })
  })
}
