'use strict'

// What check-release.js refuses. The binaries have headers and nothing more, except the one that is built here.

const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { after, before, test } = require('node:test')
const { makeLibrary } = require('../../helpers/libraries')
const { binaryName, makeBinaries, rightLibrary } = require('../../helpers/release')
const { check } = require('../../../scripts/check-release')
const { readLibrary } = require('../../../scripts/release/library')
const { problemsOf } = require('../../../scripts/release/rules')
const { canMakeSbom } = require('../../../scripts/release/sbom')
const { stage } = require('../../../scripts/release/stage')
const { targetsOf } = require('../../../scripts/release/targets')
const { binaryFile, NAME } = require('../../../lib/util/binary-names')

const manifest = require('../../../package.json')
const targets = targetsOf(manifest)
const ROOT = path.join(__dirname, '../../..')
/** The tool that makes it need not be there. */
const OPTIONS = { needsSbom: canMakeSbom(), loads: false }

let folder, staged

before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'release-'))
  staged = path.join(folder, 'staged')
  stage(makeBinaries(path.join(folder, 'binaries')), staged)
})

after(() => fs.rmSync(folder, { recursive: true, force: true }))

const find = (platform) => targets.find((target) => target.platform === platform)

/** What is wrong with a binary that differs from a right one. */
function refused (platform, change) {
  const target = find(platform)
  const right = rightLibrary(target)
  const file = path.join(folder, 'changed.node')
  fs.writeFileSync(file, makeLibrary({ ...right, ...change(right) }))
  return problemsOf(file, target)
}

const withImport = (...added) => ({ imports }) => ({ imports: [...imports, ...added] })

for (const target of targets) {
  test(`A right binary for ${target.platform} passes, and any other does not`, () => {
    for (const other of targets) {
      const problems = problemsOf(path.join(folder, 'binaries', binaryName(other.platform)), target)
      assert.equal(problems.length === 0, other === target, `${other.platform}: ${problems}`)
    }
  })
}

test('The binary that is built here is read: symbols of Node-API and libc, and one export', () => {
  const { format, machine, isLibrary, imports, exports } = readLibrary(path.join(ROOT, binaryFile()))
  const target = targets.find(({ platform }) => binaryFile() === binaryName(platform))
  assert.deepEqual({ format, machine, isLibrary, exports }, { format: target.format, machine: target.cpu, isLibrary: true, exports: ['napi_register_module_v1'] })
  assert.ok(imports.some(({ name }) => /^(malloc|HeapAlloc)$/.test(name)))
  if (target.os !== 'win32') assert.ok(imports.some(({ name }) => name === 'napi_create_function'))
})

test('What the binary for glibc needs, the one for musl may need', { skip: readLibrary(path.join(ROOT, binaryFile())).format !== 'ELF' && 'this is not Linux' }, () => {
  const { imports } = readLibrary(path.join(ROOT, binaryFile()))
  // musl has neither that function nor names for files of more than 2 GB.
  const same = imports.filter(({ name, weak }) => !weak && name !== 'malloc_trim').map(({ name }) => ({ name: name.replace(/(?<=[a-z])64$/, '') }))
  assert.deepEqual(refused('linux-x64-musl', withImport(...same)), [])
})

for (const [what, platform, change, problem] of [
  ['a program', 'linux-x64-gnu', () => ({ isLibrary: false }), 'it is not a shared library'],
  ['a library without the entry', 'darwin-x64', () => ({ exports: ['init'] }), 'it does not export napi_register_module_v1'],
  ['a symbol of a newer glibc', 'linux-arm64-gnu', withImport({ name: 'pthread_create', version: 'GLIBC_2.34' }), 'it needs pthread_create of glibc 2.34, newer than 2.17'],
  ['a symbol of glibc itself', 'linux-x64-gnu', withImport({ name: '_dl_sym', version: 'GLIBC_PRIVATE' }), 'it needs _dl_sym of GLIBC_PRIVATE'],
  ['a version of glibc that no symbol is taken from', 'linux-x64-gnu', () => ({ versions: ['GLIBC_2.34'] }), 'it needs something of glibc 2.34, newer than 2.17'],
  ['what only new dynamic linkers understand', 'linux-x64-gnu', () => ({ versions: ['GLIBC_ABI_DT_RELR'] }), 'it needs something of GLIBC_ABI_DT_RELR'],
  ['a symbol of the C++ library', 'linux-x64-gnu', withImport({ name: 'new', version: 'GLIBCXX_3.4' }), 'it needs new of GLIBCXX_3.4'],
  ['a symbol without a version', 'linux-x64-gnu', withImport({ name: 'zlibVersion' }), 'it needs the symbol zlibVersion, which has no version'],
  ['V8', 'linux-x64-musl', withImport({ name: '_ZN2v87Isolate10GetCurrentEv' }), 'it needs the symbol _ZN2v87Isolate10GetCurrentEv'],
  ['a function of Node beside Node-API', 'linux-x64-musl', withImport({ name: 'node_module_register' }), 'it needs the symbol node_module_register'],
  ['zlib', 'linux-x64-musl', withImport({ name: 'zlibVersion' }), 'it needs the symbol zlibVersion, which is not among those of musl.js'],
  ['c-ares', 'linux-arm64-musl', withImport({ name: 'ares_init' }), 'it needs the symbol ares_init, which is not among those of musl.js'],
  ['libuv', 'darwin-arm64', withImport({ name: 'uv_run' }), 'it needs the symbol uv_run'],
  ['glibc in a binary for musl', 'linux-arm64-musl', withImport({ name: 'malloc_trim', version: 'GLIBC_2.2.5' }), 'it needs malloc_trim of GLIBC_2.2.5: that is not musl'],
  ['another library of Linux', 'linux-x64-gnu', ({ libraries }) => ({ libraries: [...libraries, 'libstdc++.so.6'] }), 'it needs the library libstdc++.so.6'],
  ['glibc\'s file in a binary for musl', 'linux-x64-musl', () => ({ libraries: ['libc.so.6'] }), 'it needs the library libc.so.6'],
  ['another library of macOS', 'darwin-x64', ({ libraries }) => ({ libraries: [...libraries, '/opt/homebrew/lib/libssl.dylib'] }), 'it needs the library /opt/homebrew/lib/libssl.dylib'],
  ['a symbol of no library', 'darwin-x64', withImport({ name: 'whatever' }), 'it needs the symbol whatever of no library'],
  ['a newer macOS', 'darwin-x64', () => ({ system: '12.0' }), 'it needs macOS 12.0, newer than 10.13'],
  ['no signature', 'darwin-arm64', () => ({ isSigned: false }), 'it has no signature, without which macOS on arm64 loads nothing'],
  ['Microsoft\'s C runtime', 'win32-x64-msvc', withImport({ name: 'memcpy', library: 'VCRUNTIME140.dll' }), 'it needs the library vcruntime140.dll']
]) {
  test(`A binary is refused for ${what} (${platform})`, () => assert.deepEqual(refused(platform, change), [problem]))
}

test('Node-API of a later version, and weak symbols, are no fault', () => {
  assert.deepEqual(refused('linux-x64-gnu', withImport({ name: 'node_api_create_object' }, { name: 'statx', weak: true })), [])
})

test('A binary is refused that is too large, damaged, or no library', () => {
  const target = find('linux-x64-gnu')
  const file = path.join(folder, 'changed.node')
  const right = makeLibrary(rightLibrary(target))
  for (const [bytes, problem] of [
    [Buffer.concat([right, Buffer.alloc(3_200_000)]), `it has ${right.length + 3_200_000} bytes, more than 3200000`],
    [right.subarray(0, 200), 'it is damaged'],
    [Buffer.from('version https://git-lfs'.repeat(9)), 'it is no ELF, Mach-O or PE file']
  ]) {
    fs.writeFileSync(file, bytes)
    assert.deepEqual(problemsOf(file, target), [problem])
  }
})

test('The SBOM names the npm packages and the crates', { skip: !OPTIONS.needsSbom && 'cargo-cyclonedx is not installed' }, () => {
  const { components } = JSON.parse(fs.readFileSync(path.join(staged, NAME, 'sbom.cdx.json'), 'utf8'))
  const kinds = new Map(components.map(({ name, purl }) => [name, /^pkg:(\w+)\//.exec(purl)?.[1]]))
  const wanted = { cookie: 'npm', debug: 'npm', ms: 'npm', napi: 'cargo', rusqlite: 'cargo', 'libsqlite3-sys': 'cargo' }
  assert.deepEqual(Object.fromEntries(Object.keys(wanted).map((name) => [name, kinds.get(name)])), wanted)
})

/** What is wrong with a release in which a file was changed. */
function afterChange (name, file, change, options = OPTIONS) {
  const place = path.join(staged, name, file)
  const before = fs.readFileSync(place)
  try {
    change(place, before)
    return check(staged, options)
  } finally {
    fs.writeFileSync(place, before)
  }
}

function editJson (edit) {
  return (place, before) => {
    const content = JSON.parse(before)
    edit(content)
    fs.writeFileSync(place, JSON.stringify(content))
  }
}

test('A release of all eight passes', () => assert.deepEqual(check(staged, OPTIONS), []))

test('A release is refused without one of the binaries, or with another than its sum', () => {
  const name = `${NAME}-darwin-arm64`
  const binary = binaryName('darwin-arm64')
  assert.deepEqual(afterChange(name, binary, (place) => fs.rmSync(place)), [`${name}: ${binary}: it is missing`])
  assert.deepEqual(afterChange(name, binary, (place, bytes) => fs.writeFileSync(place, Buffer.concat([bytes, Buffer.from('x')]))),
    [`${NAME}: SHA256SUMS has another sum for ${binary}`])
})

test('A release is refused if a platform package differs from the package', () => {
  const name = `${NAME}-linux-x64-musl`
  for (const [edit, problem] of [
    [(own) => { own.version = '1.18.0' }, 'package.json has another version'],
    [(own) => { own.libc = ['glibc'] }, 'package.json has another libc'],
    [(own) => { own.cpu = ['arm64'] }, 'package.json has another cpu'],
    [(own) => { delete own.repository }, 'package.json has another repository'],
    [(own) => { own.files = [] }, 'package.json has another files'],
    [(own) => { delete own.files }, 'package.json has another files'],
    [(own) => { own.files.push('notes.txt') }, 'package.json has another files'],
    [(own) => { own.scripts = { postinstall: 'true' } }, 'package.json has scripts']
  ]) assert.deepEqual(afterChange(name, 'package.json', editJson(edit)), [`${name}: ${problem}`])
})

test('A release is refused if a licence is missing', () => {
  const name = `${NAME}-win32-x64-msvc`
  for (const file of ['LICENSE', 'THIRD-PARTY-LICENSES.md']) {
    assert.deepEqual(afterChange(name, file, (place) => fs.rmSync(place)), [`${name}: ${file} is missing`])
  }
})

test('A release is refused with a package, a target or a binary too many or too few', () => {
  const extra = path.join(staged, `${NAME}-plan9-mips`)
  fs.mkdirSync(extra)
  assert.deepEqual(check(staged, OPTIONS), [`${NAME}-plan9-mips: it is no package of this release`])
  fs.rmdirSync(extra)

  const binary = path.join(staged, NAME, binaryName('linux-x64-gnu'))
  fs.writeFileSync(binary, '')
  assert.deepEqual(check(staged, OPTIONS), [`${NAME}: it has the binary ${path.basename(binary)}`])
  fs.rmSync(binary)

  const problems = afterChange(NAME, 'package.json', editJson((main) => { main.napi.targets.pop() }))
  assert.ok(problems.includes('npm/win32-arm64-msvc: the package has no such target'), problems.join('\n'))
})

test('The binary for this machine has to load, and to be of the version of the package', () => {
  const real = path.join(ROOT, binaryFile())
  const name = binaryFile().slice(0, -'.node'.length).replace('.', '-')
  const options = { ...OPTIONS, loads: true, newestGlibc: '999' }
  const [problem] = check(staged, options)
  assert.ok(problem.startsWith(`${name}: ${binaryFile()}: it does not load: `), problem)

  const place = path.join(staged, name, binaryFile())
  const standIn = fs.readFileSync(place)
  try {
    fs.copyFileSync(real, place)
    assert.deepEqual(check(staged, options), [`${NAME}: SHA256SUMS has another sum for ${binaryFile()}`])
    const problems = afterChange(NAME, 'package.json', editJson((main) => { main.version = '1.99.9' }), options)
    assert.ok(problems.includes(`${name}: ${binaryFile()}: it is of version ${manifest.version}, not 1.99.9`), problems.join('\n'))
  } finally {
    fs.writeFileSync(place, standIn)
  }
})

test('A release is refused if the package names other platform packages, or runs a script', () => {
  for (const [edit, problem] of [
    [(main) => { delete main.optionalDependencies[`${NAME}-win32-x64-msvc`] }, 'optionalDependencies are not the platform packages in this version, and those of package.json'],
    [(main) => { main.optionalDependencies[`${NAME}-win32-x64-msvc`] = '*' }, 'optionalDependencies are not the platform packages in this version, and those of package.json'],
    [(main) => { main.scripts = { install: 'true' } }, 'it has a script install']
  ]) assert.deepEqual(afterChange(NAME, 'package.json', editJson(edit)), [`${NAME}: ${problem}`])
})

test('A tag is refused that is not the version', (t) => {
  const { GITHUB_REF_TYPE, GITHUB_REF_NAME } = process.env
  t.after(() => Object.assign(process.env, { GITHUB_REF_TYPE: GITHUB_REF_TYPE ?? '', GITHUB_REF_NAME: GITHUB_REF_NAME ?? '' }))
  Object.assign(process.env, { GITHUB_REF_TYPE: 'tag', GITHUB_REF_NAME: 'v0.0.1' })
  assert.deepEqual(check(staged, OPTIONS), [`the tag v0.0.1 is not v${manifest.version}`])
})

test('The workflow builds and tests exactly the targets of package.json, and npm/ has a folder for each', () => {
  const workflow = fs.readFileSync(path.join(ROOT, '.github/workflows/ci.yml'), 'utf8')
  const job = (name) => new RegExp(`^ {2}${name}:\\n((?: {3,}.*\\n|\\n)+)`, 'm').exec(workflow)[1]
  const named = (text) => [...text.matchAll(/[{,] *(?:target|name): *([\w]+-[\w-]+)/g)].map(([, triple]) => triple).sort()
  const triples = targets.map(({ triple }) => triple).sort()
  assert.deepEqual(named(job('build')), triples)
  const exclusions = /exclude:[^]*?(?=\n {4}name:)/.exec(job('test'))?.[0] || ''
  assert.deepEqual([...named(job('test').replace(exclusions, '')), ...named(job('test-musl'))].sort(), triples)
  assert.deepEqual(fs.readdirSync(path.join(ROOT, 'npm')).sort(), targets.map(({ platform }) => platform).sort())
})
