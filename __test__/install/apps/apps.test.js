'use strict'

/*
 * Apps that install the release's tarballs: with npm, pnpm and yarn, under the package's own name and as
 * the alias express-session; beside stores with peer ranges; as ES modules, in workers, in a bundle.
 */

const assert = require('node:assert')
const { execFileSync, spawnSync } = require('node:child_process')
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

// A package manager from npm; null where it can't be installed.
function tool (spec, bin) {
  const place = path.join(folder, `tool-${spec.replace(/\W+/g, '-')}`)
  fs.mkdirSync(place)
  try {
    npm(['install', '--prefix', place, '--ignore-scripts', '--no-audit', '--no-fund', spec], { cwd: place })
  } catch {
    return null
  }
  return path.join(place, 'node_modules', bin)
}

// The managers download from where npm does.
function environment (place) {
  const registry = npm(['config', 'get', 'registry']).trim()
  return {
    ...process.env,
    npm_config_registry: registry,
    npm_config_store_dir: path.join(folder, 'pnpm-store'),
    YARN_CACHE_FOLDER: path.join(folder, 'yarn-cache'),
    YARN_REGISTRY: registry,
    YARN_NPM_REGISTRY_SERVER: registry,
    YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
    YARN_ENABLE_TELEMETRY: '0',
    YARN_HTTPS_CA_FILE_PATH: process.env.NODE_EXTRA_CA_CERTS || '',
    YARN_GLOBAL_FOLDER: path.join(folder, 'yarn-global'),
    INIT_CWD: place
  }
}

// A Yarn that links nothing: the packages stay in archives, and Node is told where they are.
function runWithYarn (yarn) {
  return (place, fixture, args) => {
    fs.copyFileSync(path.join(__dirname, '..', 'fixtures', fixture), path.join(place, fixture))
    return JSON.parse(execFileSync(process.execPath, [yarn, 'node', fixture, ...args], {
      ...RUN, cwd: place, env: environment(place)
    }))
  }
}

const MANAGERS = [
  { title: 'npm', install: ['install', '--no-audit', '--no-fund'] },
  { title: 'pnpm 10', spec: 'pnpm@10', bin: 'pnpm/bin/pnpm.cjs', install: ['install', '--no-frozen-lockfile'] },
  { title: 'Yarn 1', spec: 'yarn@1', bin: 'yarn/bin/yarn.js', install: ['install', '--no-lockfile', '--non-interactive'] },
  { title: 'Yarn 4', spec: '@yarnpkg/cli-dist@4', bin: '@yarnpkg/cli-dist/bin/yarn.js', install: ['install'], linker: 'node-modules' },
  { title: 'Yarn 4, Plug and Play', spec: '@yarnpkg/cli-dist@4', bin: '@yarnpkg/cli-dist/bin/yarn.js', install: ['install'], linker: 'pnp' }
]

const tools = new Map()

for (const { title, spec, bin, install, linker } of MANAGERS) {
  test(`${title} installs the package under its own name and as the alias`, (t) => {
    if (spec && !tools.has(spec)) tools.set(spec, tool(spec, bin))
    const program = spec && tools.get(spec)
    if (spec && !program) return t.skip(`${spec} can't be installed from npm here`)

    const place = app(folder, `app-${title.replace(/\W+/g, '-')}`, {
      [NAME]: `file:${made.release}`, 'express-session': `file:${made.release}`
    })
    if (linker) {
      fs.writeFileSync(path.join(place, '.yarnrc.yml'), `nodeLinker: ${linker}\npnpEnableEsmLoader: true\n`)
      fs.writeFileSync(path.join(place, 'yarn.lock'), '')
    }
    const run = { ...RUN, cwd: place, env: environment(place) }
    const { status, stdout, stderr } = spec
      ? spawnSync(process.execPath, [program, ...install], run)
      : spawnSync('npm', install, { ...run, shell: process.platform === 'win32' })
    assert.strictEqual(status, 0, stdout + stderr)

    const runner = linker === 'pnp' ? runWithYarn(program) : runFixture
    checkSmoke(place, NAME, runner)
    checkSmoke(place, 'express-session', runner)
  })
}

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
