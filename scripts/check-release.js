'use strict'

/*
 *   node scripts/check-release.js <folder>
 *
 * Refuses a release that would not install everywhere. The folder holds what is to be published, as
 * scripts/release/stage.js lays it: a folder for each package. It prints what is wrong, and ends with 1.
 */

const { spawnSync } = require('node:child_process')
const { createHash } = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const { problemsOf } = require('./release/rules')
const { optionalDependencies } = require('../package.json')
const { targetsOf } = require('./release/targets')
const { NAME, VERSION, binaryFile } = require('../lib/util/binary-names')

const ROOT = path.join(__dirname, '..')
/** What the main package and its platform packages must say alike. --provenance needs the repository. */
const SAME = ['version', 'license', 'repository', 'engines']

/**
 * @param {string} folder
 * @param {object} [options] of a rehearsal
 * @param {boolean} [options.needsSbom]
 * @param {string} [options.newestGlibc]
 * @param {boolean} [options.loads] false: the binary of this machine is a stand-in, too
 * @return {string[]} what is wrong, each with the place
 */
function check (folder, options = {}) {
  const main = manifestIn(path.join(folder, NAME))
  if (main === null) return [`${NAME}: there is no such package`]
  const targets = targetsOf(main)
  return [
    ...checkFolders(folder, targets),
    ...targets.flatMap((target) => checkPlatform(folder, main, target, options)),
    ...checkMain(folder, main, targets, options),
    ...checkVersions(main.version)
  ]
}

/** Whatever has the name of a package is published. */
function checkFolders (folder, targets) {
  const known = [NAME, ...targets.map(({ platform }) => `${NAME}-${platform}`)]
  const platforms = fs.readdirSync(path.join(ROOT, 'npm')).filter((platform) => !targets.some((target) => target.platform === platform))
  return [
    ...fs.readdirSync(folder).filter((name) => name.startsWith(NAME) && !known.includes(name)).map((name) => `${name}: it is no package of this release`),
    ...platforms.map((platform) => `npm/${platform}: the package has no such target`)
  ]
}

function checkPlatform (folder, main, target, options) {
  const name = `${NAME}-${target.platform}`
  const own = manifestIn(path.join(folder, name))
  if (own === null) return [`${name}: there is no such package`]
  const binary = `${NAME}.${target.platform}.node`
  const wanted = {
    name, main: binary, files: filesOf(binary, options), os: [target.os], cpu: [target.cpu], libc: target.libc && [target.libc], ...pick(main, SAME)
  }
  return [
    ...Object.keys(wanted).filter((field) => !isSame(own[field], wanted[field])).map((field) => `package.json has another ${field}`),
    ...own.scripts ? ['package.json has scripts'] : [],
    ...['LICENSE', ...wanted.files.slice(1)].filter((file) => !fs.existsSync(path.join(folder, name, file))).map((file) => `${file} is missing`),
    ...[...problemsOf(path.join(folder, name, binary), target, options), ...tryToLoad(path.join(folder, name, binary), main, options)]
      .map((problem) => `${binary}: ${problem}`)
  ].map((problem) => `${name}: ${problem}`)
}

/** The one binary that this machine can load. */
function tryToLoad (file, { version }, { loads = true }) {
  if (!loads || path.basename(file) !== binaryFile() || !fs.existsSync(file)) return []
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-p', 'require(process.argv[1]).VERSION', file], { encoding: 'utf8' })
  if (status !== 0) return [`it does not load: ${/^Error: (.*)$/m.exec(stderr)?.[1] ?? stderr}`]
  return stdout.trim() === version ? [] : [`it is of version ${stdout.trim()}, not ${version}`]
}

/** What a platform package names as its files. */
function filesOf (binary, { needsSbom = true }) {
  return [binary, 'THIRD-PARTY-LICENSES.md', ...needsSbom ? ['sbom.cdx.json'] : []]
}

function checkMain (folder, main, targets, { needsSbom = true }) {
  const own = path.join(folder, NAME)
  const platforms = targets.map(({ platform }) => [`${NAME}-${platform}`, main.version])
  const optional = { ...optionalDependencies, ...Object.fromEntries(platforms) }
  const problems = []
  if (!isSame(sorted(main.optionalDependencies), sorted(optional))) problems.push('optionalDependencies are not the platform packages in this version, and those of package.json')
  for (const script of ['preinstall', 'install', 'postinstall', 'prepare']) {
    if (main.scripts && script in main.scripts) problems.push(`it has a script ${script}`)
  }
  for (const file of fs.readdirSync(own).filter((name) => name.endsWith('.node'))) problems.push(`it has the binary ${file}`)
  for (const file of ['SHA256SUMS', 'THIRD-PARTY-LICENSES.md', ...needsSbom ? ['sbom.cdx.json'] : []]) {
    if (!fs.existsSync(path.join(own, file))) problems.push(`${file} is missing`)
  }
  const sums = fs.existsSync(path.join(own, 'SHA256SUMS')) ? fs.readFileSync(path.join(own, 'SHA256SUMS'), 'utf8') : ''
  for (const { platform } of targets) {
    const binary = path.join(folder, `${NAME}-${platform}`, `${NAME}.${platform}.node`)
    if (fs.existsSync(binary) && !sums.includes(`${sumOf(binary)}  ${path.basename(binary)}\n`)) {
      problems.push(`SHA256SUMS has another sum for ${path.basename(binary)}`)
    }
  }
  return problems.map((problem) => `${NAME}: ${problem}`)
}

/** The version stands in more places than package.json. */
function checkVersions (version) {
  const read = (file) => fs.readFileSync(path.join(ROOT, file), 'utf8')
  const places = {
    'package.json': JSON.parse(read('package.json')).version,
    'package-lock.json': JSON.parse(read('package-lock.json')).version,
    'Cargo.toml': /^version = "(.+)"$/m.exec(read('Cargo.toml'))?.[1],
    'Cargo.lock': /name = "express-session-native"\nversion = "(.+)"/.exec(read('Cargo.lock'))?.[1],
    'lib/util/binary-names.js': VERSION
  }
  const problems = Object.entries(places).filter(([, found]) => found !== version).map(([file, found]) => `${file}: version ${found}, not ${version}`)
  if (!read('CHANGELOG.md').includes(`\n## [${version}]`)) problems.push(`CHANGELOG.md: there is no entry for ${version}`)
  const { GITHUB_REF_TYPE, GITHUB_REF_NAME } = process.env
  if (GITHUB_REF_TYPE === 'tag' && GITHUB_REF_NAME !== `v${version}`) problems.push(`the tag ${GITHUB_REF_NAME} is not v${version}`)
  return problems
}

function manifestIn (folder) {
  const file = path.join(folder, 'package.json')
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : null
}

function sumOf (file) {
  return createHash('sha256').update(fs.readFileSync(file)).digest('hex')
}

function pick (object, fields) {
  return Object.fromEntries(fields.map((field) => [field, object[field]]))
}

function isSame (one, other) {
  return JSON.stringify(one) === JSON.stringify(other)
}

function sorted (object = {}) {
  return Object.fromEntries(Object.entries(object).sort())
}

module.exports = { check }

if (require.main === module) {
  const [folder] = process.argv.slice(2)
  if (folder === undefined) {
    console.error('usage: node scripts/check-release.js <folder>; to publish, push a tag (CONTRIBUTING.md, Releasing)')
    process.exit(1)
  }
  const problems = check(folder)
  for (const problem of problems) console.error(problem)
  if (problems.length === 0) console.log('the release is complete')
  process.exitCode = problems.length === 0 ? 0 : 1
}
