'use strict'

/*
 * Apps that install the release's tarballs with npm, under the package's own name and as the alias express-session;
 * beside stores with peer ranges; as ES modules, in workers, in a cluster. scripts/rehearse-release.js has the other
 * package managers, __test__/bundlers the bundlers.
 */

const assert = require('node:assert')
const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { after, before, describe, test } = require('node:test')
const { NAME, app, npm, runFixture, tarballs, temporary } = require('../pack')

const { version } = require('../../../package.json')
const NAMES = ['Cookie', 'MemoryStore', 'Session', 'Store', 'default']
const RUN = { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', timeout: 180_000 }

let folder, made

before(() => {
  folder = temporary('install-apps')
  made = tarballs(folder)
})

after(() => fs.rmSync(folder, { recursive: true, force: true }))

function checkSmoke (place, name, run = runFixture) {
  const { names, ...rest } = run(place, 'smoke.js', [name])
  assert.deepStrictEqual(rest, { package: NAME, version, native: true, warnings: [], views: [1, 2], sessions: 1 })
  for (const wanted of NAMES) assert.ok(names.includes(wanted), `import { ${wanted} }`)
}

test('npm installs the package under its own name and as the alias', () => {
  const place = app(folder, 'names', { [NAME]: `file:${made.release}`, 'express-session': `file:${made.release}` })
  npm(['install', '--no-audit', '--no-fund'], { cwd: place })
  checkSmoke(place, NAME)
  checkSmoke(place, 'express-session')
})

test('npm accepts the package beside stores with peer ranges, which then use it', () => {
  const place = app(folder, 'peers', {
    'express-session': `file:${made.release}`, 'connect-redis': '^9.0.0', redis: '^5.0.0', 'connect-mongo': '^5.1.0', mongodb: '^6.0.0'
  })
  npm(['install', '--no-audit', '--no-fund', '--strict-peer-deps'], { cwd: place })
  npm(['ls'], { cwd: place }) // fails on a peer that is missing or of the wrong version
  assert.deepStrictEqual(runFixture(place, 'stores.mjs'), { package: NAME, redis: true, mongo: true, commonjs: true })
})

describe('an app with the package', () => {
  let place

  before(() => {
    place = app(folder, 'app', { [NAME]: `file:${made.release}` })
    npm(['install', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: place })
  })

  test('has named imports', () => {
    assert.deepStrictEqual(runFixture(place, 'named.mjs'), { same: true, store: true })
  })

  test('has the command that copies sessions, and what draws its bar', () => {
    const cookie = { originalMaxAge: 3600_000, path: '/' }
    fs.mkdirSync(path.join(place, 'sessions'))
    fs.writeFileSync(path.join(place, 'sessions', 'a.json'), JSON.stringify({ cookie, __lastAccess: Date.now() }))
    const printed = npm(['exec', '--no', NAME, '--', 'copy', 'sessions', 'sessions.db'], { cwd: place })
    assert.match(printed, /^copied: 1$/m)
    require.resolve('cli-progress', { paths: [path.join(place, 'node_modules', NAME)] })
  })

  test('may load it in twenty workers', () => {
    assert.deepStrictEqual(runFixture(place, 'workers.js'), { own: 'main', answers: 20, after: 'after' })
  })

  test('has a memory of its own in each process of a cluster', () => {
    assert.deepStrictEqual(runFixture(place, 'cluster.js'), { own: 1, other: { failed: false, found: false, sessions: 0 } })
  })

  test('may be bundled by esbuild, with the package or the binary alone left outside', () => {
    const esbuild = require('esbuild')
    const source = path.join(place, 'bundle.js')
    fs.copyFileSync(path.join(__dirname, '..', 'fixtures', 'bundle.js'), source)
    for (const external of [[NAME], [`${NAME}-*`, '*.node']]) {
      const outfile = path.join(place, 'dist', `${external.length}.js`)
      const { warnings } = esbuild.buildSync({
        entryPoints: [source], outfile, bundle: true, platform: 'node', external, logLevel: 'silent', absWorkingDir: place
      })
      assert.deepStrictEqual(warnings, [])
      const printed = execFileSync(process.execPath, [outfile], RUN)
      assert.deepStrictEqual(JSON.parse(printed), { failed: false, bundled: true })
    }
  })
})
