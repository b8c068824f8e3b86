'use strict'

/* What the tarball holds, and what its manifest promises. */

const assert = require('node:assert')
const fs = require('node:fs')
const path = require('node:path')
const { test } = require('node:test')
const { NAME, ROOT, list } = require('../pack')

const manifest = require('../../../package.json')
const { files, size, unpackedSize } = list()
const has = (file) => files.includes(file)

test('The tarball has what an app needs, and what cargo needs to build the addon', (t) => {
  for (const file of [
    'package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'index.js', 'index.d.ts', 'binding.js',
    'memorystore.js', 'bin/express-session-native.js', 'lib/cli/build.js', 'lib/cli/copy/index.js', '.cargo/config.toml', 'session/store.js', 'session/cookie.js', 'session/session.js',
    'session/memory.js', 'lib/native.js', 'Cargo.toml', 'Cargo.lock', 'build.rs', 'src/lib.rs'
  ]) assert.ok(has(file), `${file} is missing`)
  t.diagnostic(`${files.length} files, ${size} bytes packed, ${unpackedSize} unpacked`)
})

test('The tarball has nothing else and is small', () => {
  const wanted = [
    /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|Cargo\.(toml|lock)|build\.rs|binding\.js)$/,
    /^(index|memorystore)\.(js|d\.ts)$/, /^session\/[\w-]+\.(js|d\.ts)$/, /^lib\/(README\.md|[\w/-]+\.js)$/,
    /^bin\/express-session-native\.js$/, /^\.cargo\/config\.toml$/, /^src\/.+\.rs$/
  ]
  assert.deepStrictEqual(files.filter((file) => !wanted.some((pattern) => pattern.test(file))), [])
  assert.deepStrictEqual(files.filter((file) => /test|bench|\.node$/.test(file)), [])
  // Four engines, with the source of two, and a command that copies between stores. The binary has its own package.
  assert.ok(size < 288 * 1024, `${size} bytes packed`)
})

test('The tarball has every file that its code requires', () => {
  for (const file of files.filter((name) => name.endsWith('.js'))) {
    const text = fs.readFileSync(path.join(ROOT, file), 'utf8').replace(/\/\*.*?\*\//gs, '')
    for (const [, wanted] of text.matchAll(/require\('([^']+)'\)/g)) {
      if (wanted.startsWith('.')) {
        const target = path.relative(ROOT, require.resolve(path.join(ROOT, path.dirname(file), wanted)))
        assert.ok(has(target.replaceAll('\\', '/')), `${file} requires ${wanted}`)
      } else if (!require('node:module').isBuiltin(wanted)) {
        assert.ok(wanted.split('/')[0] in { ...manifest.dependencies, ...manifest.optionalDependencies }, `${file} requires ${wanted}, which is no dependency`)
      }
    }
  }
})

test('All manifests have one version', () => {
  const { version } = manifest
  assert.match(version, /^1\.(19|[2-9]\d)\.\d+$/)
  const cargo = fs.readFileSync(path.join(ROOT, 'Cargo.toml'), 'utf8')
  assert.ok(cargo.includes(`\nversion = "${version}"\n`), 'Cargo.toml')
  assert.strictEqual(require('../../../lib/util/binary-names').VERSION, version, 'lib/util/binary-names.js')
  assert.strictEqual(require('../../../binding').VERSION, version, 'the binary; npm run build')
})

test('Nothing runs when the package is installed', () => {
  for (const name of ['preinstall', 'install', 'postinstall', 'prepare']) assert.ok(!(name in manifest.scripts), name)
  // npm runs node-gyp where it finds this.
  assert.ok(!has('binding.gyp'))
})

test('The manifest and Cargo.toml name the repository', () => {
  const page = 'https://github.com/express-session-native/express-session-native'
  assert.deepStrictEqual(manifest.repository, { type: 'git', url: `git+${page}.git` })
  assert.strictEqual(manifest.homepage, `${page}#readme`)
  assert.deepStrictEqual(manifest.bugs, { url: `${page}/issues` })
  const cargo = fs.readFileSync(path.join(ROOT, 'Cargo.toml'), 'utf8')
  assert.ok(cargo.includes(`\nrepository = "${page}"\nhomepage = "${page}#readme"\n`), 'Cargo.toml')
})

test('Each target has a platform package that agrees with the manifest', () => {
  const platforms = fs.readdirSync(path.join(ROOT, 'npm')).sort()
  assert.deepStrictEqual(platforms, [
    'darwin-arm64', 'darwin-x64', 'linux-arm64-gnu', 'linux-arm64-musl', 'linux-x64-gnu', 'linux-x64-musl',
    'win32-arm64-msvc', 'win32-x64-msvc'
  ])
  for (const platform of platforms) {
    const own = JSON.parse(fs.readFileSync(path.join(ROOT, 'npm', platform, 'package.json'), 'utf8'))
    assert.strictEqual(own.name, `${NAME}-${platform}`)
    for (const field of ['version', 'license', 'repository', 'homepage', 'bugs', 'engines']) {
      assert.deepStrictEqual(own[field], manifest[field], `${platform}: ${field}`)
    }
    assert.strictEqual(own.main, `${NAME}.${platform}.node`)
  }
})

test('The manifest keeps what existing code relies on', () => {
  assert.strictEqual(manifest.name, NAME)
  assert.strictEqual(manifest.license, 'MIT')
  assert.strictEqual(manifest.exports, undefined)
  assert.strictEqual(manifest.type, undefined)
  assert.deepStrictEqual(manifest.engines, { node: '>= 18' })
  assert.deepStrictEqual(manifest.dependencies, { cookie: '~0.7.2', debug: '^4.4.3', depd: '~2.0.0' })
  // A release adds the platform packages.
  assert.deepStrictEqual(manifest.optionalDependencies, { 'cli-progress': '^3.12.0' })
})

test('The lock file names no download address', () => {
  const lock = fs.readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')
  assert.doesNotMatch(lock, /"resolved"/)
})
