'use strict'

// Where the binary is looked for, and what is said where it is not.

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { test } = require('node:test')
const { buildSync } = require('esbuild')
const { NAME, VERSION, binaryFile, platformPackage } = require('../../lib/util/binary-names')
const { needsBinary } = require('../helpers/binary')

const ROOT = path.join(__dirname, '../..')
const PRODUCT = ['package.json', 'index.js', 'binding.js', 'memorystore.js', 'lib', 'session']
const PRINT = 'console.log(session.native)'

/** A folder without this package, below no node_modules. */
function folderOf (t) {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'loader-')))
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** An app of npm's layout: the package and its dependencies side by side, without a platform package. */
function appWith (t, name = NAME) {
  const app = folderOf(t)
  install(path.join(app, 'node_modules', name))
  linkDependencies(path.join(app, 'node_modules'))
  return app
}

function install (folder) {
  fs.mkdirSync(folder, { recursive: true })
  for (const file of PRODUCT) fs.cpSync(path.join(ROOT, file), path.join(folder, file), { recursive: true })
}

function linkDependencies (modules) {
  for (const name of [...Object.keys(require('../../package.json').dependencies), 'ms']) {
    fs.symlinkSync(path.join(ROOT, 'node_modules', name), path.join(modules, name), 'junction')
  }
}

function addPlatform (modules, { name = platformPackage(), binary = fs.readFileSync(path.join(ROOT, binaryFile())) } = {}) {
  const folder = path.join(modules, name)
  fs.mkdirSync(folder, { recursive: true })
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name, version: VERSION, main: binaryFile() }))
  if (binary !== null) fs.writeFileSync(path.join(folder, binaryFile()), binary)
}

/** Runs a script of the app. `native` is what session.native was, `warning` what standard error has. */
function run (app, { name = NAME, file = 'app.js', args = [], env = {}, source = `const session = require('${name}'); ${PRINT}` } = {}) {
  fs.mkdirSync(path.dirname(path.join(app, file)), { recursive: true })
  if (source !== null) fs.writeFileSync(path.join(app, file), source)
  const { status, stdout, stderr } = spawnSync(process.execPath, [...args, path.join(app, file)], {
    cwd: os.tmpdir(), encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '', ...env }
  })
  assert.equal(status, 0, stderr)
  return { native: stdout.trim() === 'true', warning: stderr }
}

for (const name of [NAME, 'express-session']) {
  test(`The platform package beside the package is loaded, under the name ${name}`, needsBinary, t => {
    const app = appWith(t, name)
    addPlatform(path.join(app, 'node_modules'))
    assert.deepEqual(run(app, { name }), { native: true, warning: '' })
  })
}

test('The platform package below the package is loaded', needsBinary, t => {
  const app = appWith(t)
  addPlatform(path.join(app, 'node_modules', NAME, 'node_modules'))
  assert.deepEqual(run(app), { native: true, warning: '' })
})

test('A binary in the package\'s own folder comes first', needsBinary, t => {
  const app = appWith(t)
  addPlatform(path.join(app, 'node_modules'), { binary: 'not a library' })
  fs.copyFileSync(path.join(ROOT, binaryFile()), path.join(app, 'node_modules', NAME, binaryFile()))
  assert.deepEqual(run(app), { native: true, warning: '' })
})

test('A binary of another version is not taken', needsBinary, t => {
  const app = appWith(t)
  addPlatform(path.join(app, 'node_modules'))
  const names = path.join(app, 'node_modules', NAME, 'lib/util/binary-names.js')
  fs.writeFileSync(names, fs.readFileSync(names, 'utf8').replace(`'${VERSION}'`, '\'1.99.9\''))
  const { native, warning } = run(app)
  assert.equal(native, false)
  assert.ok(warning.includes(`the binary has version ${VERSION}, and this package 1.99.9`), warning)
})

test('Without the platform package, the warning names it and npm\'s bug', t => {
  const { native, warning } = run(appWith(t))
  assert.equal(native, false)
  assert.ok(warning.includes(`The package ${platformPackage()} is not installed. `), warning)
  assert.match(warning, /npm\/cli#4828.*remove node_modules and package-lock\.json/)
  assert.match(warning, /npx express-session-native build\./)
})

test('With the package of another platform or libc instead, the warning names both', needsBinary, t => {
  const app = appWith(t)
  addPlatform(path.join(app, 'node_modules'), { name: `${NAME}-plan9-mips` })
  const { native, warning } = run(app)
  assert.equal(native, false)
  assert.ok(warning.includes(`The package ${platformPackage()} is not installed (but ${NAME}-plan9-mips, for another platform or libc)`), warning)
})

test('With a platform package that lost its binary, the warning says so', t => {
  const app = appWith(t)
  addPlatform(path.join(app, 'node_modules'), { binary: null })
  const { native, warning } = run(app)
  assert.equal(native, false)
  assert.ok(warning.includes(`${platformPackage()} is installed without its binary`), warning)
})

test('With a binary that does not load, the warning has the true cause and what to do', needsBinary, t => {
  const app = appWith(t)
  const modules = path.join(app, 'node_modules')
  const binary = fs.readFileSync(path.join(ROOT, binaryFile()))
  const variants = { 'not a library': 'not a library' }
  if (process.platform === 'linux') {
    // The system ends the process for the first, and calls the second a missing file.
    variants['the file is cut off: it has'] = binary.subarray(0, binary.length - 4096)
    const other = Buffer.from(binary)
    const [machine, name] = process.arch === 'arm64' ? [62, 'x64'] : [183, 'arm64']
    other.writeUInt16LE(machine, 18)
    variants[`it is for another processor (${name}; this is ${process.arch})`] = other
  }
  for (const [words, content] of Object.entries(variants)) {
    addPlatform(modules, { binary: content })
    const { native, warning } = run(app)
    assert.equal(native, false)
    assert.match(warning, /The binary is there and does not load: .*Install it again, or install Rust .*npx express-session-native build\./)
    if (words !== content) assert.ok(warning.includes(words), warning)
    assert.doesNotMatch(warning, /is not installed/)
  }
})

test('A platform package whose folder is closed to the user is not said to be empty', { skip: process.platform === 'win32' ? 'no such modes' : needsBinary.skip }, t => {
  const app = appWith(t)
  addPlatform(path.join(app, 'node_modules'))
  fs.chmodSync(app, 0o755)
  const source = `if (process.getuid() === 0) process.setuid(65534); const session = require('${NAME}'); ${PRINT}`
  // The dependencies may be where that user can't go.
  fs.rmSync(path.join(app, 'node_modules/debug'))
  fs.cpSync(path.dirname(require.resolve('debug/package.json')), path.join(app, 'node_modules/debug'), { recursive: true })
  const closed = path.join(app, 'node_modules', platformPackage())
  fs.chmodSync(closed, 0)
  try {
    const { warning } = run(app, { source })
    assert.match(warning, /EACCES|permission denied/)
    assert.ok(warning.includes('Let the user that runs this process read it.'), warning)
  } finally {
    fs.chmodSync(closed, 0o755)
  }
})

test('A main script that has no path, as with `node -` and in Electron, is no cause', t => {
  const app = appWith(t)
  for (const main of ['-', undefined]) {
    const { native, warning } = run(app, { source: `process.argv[1] = ${JSON.stringify(main)}; const session = require('${NAME}'); ${PRINT}` })
    assert.equal(native, false)
    assert.ok(warning.includes(`The package ${platformPackage()} is not installed. `), warning)
  }
})

const permission = ['--permission', '--experimental-permission'].find(flag => process.allowedNodeEnvironmentFlags.has(flag))

test('Under the permission model, the warning names the flag to add', { skip: permission === undefined || needsBinary.skip }, t => {
  const app = appWith(t)
  addPlatform(path.join(app, 'node_modules'))
  const allowed = [permission, '--allow-fs-read=*']
  const { native, warning } = run(app, { args: allowed })
  assert.equal(native, false)
  assert.match(warning, /The permission model forbids addons; add --allow-addons/)
  assert.equal(run(app, { args: [...allowed, '--allow-addons'] }).native, true)
  assert.match(run(app, { args: [...allowed, '--allow-addons', '--no-addons'] }).warning, /Node was started with --no-addons/)
  if (permission !== '--permission') return // before it, Node loaded modules that it might not read
  const readable = ['app.js', 'package.json', ...[NAME, 'cookie', 'debug', 'depd', 'ms'].map(name => `node_modules/${name}/*`)]
  const narrow = [`${ROOT}/*`, ...readable.map(name => path.join(app, name))].map(place => `--allow-fs-read=${place}`)
  assert.match(run(app, { args: [permission, ...narrow, '--allow-addons'] }).warning, /The permission model forbids to read .*node_modules.*add --allow-fs-read for it/)
})

/** The package and an app as one file, as esbuild makes it without any option for this package. */
function bundle (t, options) {
  const file = path.join(folderOf(t), 'entry.js')
  const modules = path.join(path.dirname(file), 'node_modules')
  install(path.join(modules, NAME))
  linkDependencies(modules)
  fs.writeFileSync(file, `const session = require('${NAME}'); ${PRINT}`)
  const { outputFiles: [{ text }], warnings } = buildSync({
    entryPoints: [file], bundle: true, platform: 'node', write: false, logLevel: 'silent', absWorkingDir: path.dirname(file), ...options
  })
  assert.deepEqual(warnings, [])
  return text
}

const LAYOUTS = {
  'the app\'s node_modules has the platform package' (app) {
    addPlatform(path.join(app, 'node_modules'))
  },
  'the platform package is hidden behind the package, as pnpm hides it' (app) {
    const modules = path.join(app, 'node_modules/.pnpm/one/node_modules')
    install(path.join(modules, NAME))
    addPlatform(modules)
    fs.symlinkSync(path.join(modules, NAME), path.join(app, 'node_modules', NAME), 'junction')
  },
  'the same under the alias' (app) {
    const modules = path.join(app, 'node_modules/.pnpm/one/node_modules')
    install(path.join(modules, 'express-session'))
    addPlatform(modules)
    fs.symlinkSync(path.join(modules, 'express-session'), path.join(app, 'node_modules/express-session'), 'junction')
  },
  'the binary is beside the bundle' (app) {
    fs.mkdirSync(path.join(app, 'dist'))
    fs.copyFileSync(path.join(ROOT, binaryFile()), path.join(app, 'dist', binaryFile()))
  }
}

const FORMS = {
  CommonJS: { file: 'dist/app.js' },
  'CommonJS whose __filename is invented': { file: 'dist/app.js', options: { define: { __filename: '"/ROOT/binding.js"' } } },
  'an ES module': {
    file: 'dist/app.mjs',
    options: {
      format: 'esm', banner: { js: 'import { createRequire as forBundle } from \'node:module\'; const require = forBundle(import.meta.url)' }
    }
  }
}

for (const [form, { file, options }] of Object.entries(FORMS)) {
  for (const [layout, lay] of Object.entries(LAYOUTS)) {
    test(`A bundle (${form}) finds the binary where ${layout}`, needsBinary, t => {
      const app = folderOf(t)
      lay(app)
      assert.deepEqual(run(app, { file, source: bundle(t, options) }), { native: true, warning: '' })
    })
  }

  test(`A bundle (${form}) without a binary runs, and the warning says that it is a bundle`, t => {
    const { native, warning } = run(folderOf(t), { file, source: bundle(t, options) })
    assert.equal(native, false)
    assert.match(warning, /This code is in a bundle, .*docs\/bundling\.md/)
  })
}
