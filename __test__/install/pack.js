'use strict'

/*
 * The tarballs as a release makes them, from the built checkout, and apps that install them.
 * `napi prepublish` names the platform packages as optionalDependencies; here the one for this machine
 * is named by the path of its tarball.
 */

const { execFileSync, spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

const ROOT = path.join(__dirname, '..', '..')
const NAME = 'express-session-native'

function temporary (purpose) {
  return fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), `${purpose}-`)))
}

function npm (args, options) {
  return execFileSync('npm', args, {
    encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32', ...options
  })
}

// What `npm pack` would put into the package's tarball: { files: [path], size, unpackedSize }.
function list () {
  const [{ files, size, unpackedSize }] = parsePack(npm(['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: ROOT }))
  return { files: files.map((file) => file.path), size, unpackedSize }
}

// An array in npm up to 11, an object by name in later ones.
function parsePack (text) {
  const parsed = JSON.parse(text)
  return Array.isArray(parsed) ? parsed : Object.values(parsed)
}

function pack (source, folder) {
  const [{ filename }] = parsePack(npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder], { cwd: source }))
  return path.join(folder, path.basename(filename))
}

// The binary that `npm run build` left in the checkout, and the platform that it is for.
function binary () {
  const file = fs.readdirSync(ROOT).find((name) => name.startsWith(`${NAME}.`) && name.endsWith('.node'))
  if (!file) throw new Error('there is no built addon: npm run build')
  return { file, platform: file.slice(NAME.length + 1, -'.node'.length) }
}

/*
 * { bare, platform, release }: the package without a binary, the platform package, and the package
 * that depends on it.
 */
function tarballs (folder) {
  const { file, platform } = binary()
  const bare = pack(ROOT, folder)

  const platformFolder = path.join(folder, 'platform')
  fs.cpSync(path.join(ROOT, 'npm', platform), platformFolder, { recursive: true })
  fs.copyFileSync(path.join(ROOT, file), path.join(platformFolder, file))
  const platformTarball = pack(platformFolder, folder)

  const releaseFolder = path.join(folder, 'release')
  fs.mkdirSync(releaseFolder)
  execFileSync('tar', ['-xzf', bare, '-C', releaseFolder, '--strip-components=1'])
  edit(path.join(releaseFolder, 'package.json'), (manifest) => {
    manifest.optionalDependencies = { ...manifest.optionalDependencies, [`${NAME}-${platform}`]: `file:${platformTarball}` }
  })
  const destination = path.join(folder, 'released')
  fs.mkdirSync(destination)
  return { bare, platform: platformTarball, release: pack(releaseFolder, destination) }
}

function edit (file, change) {
  const content = JSON.parse(fs.readFileSync(file, 'utf8'))
  change(content)
  fs.writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`)
}

// An empty app with the given dependencies in its package.json, not yet installed.
function app (folder, name, dependencies) {
  const place = path.join(folder, name)
  fs.mkdirSync(place)
  fs.writeFileSync(path.join(place, 'package.json'),
    JSON.stringify({ name: 'app', version: '1.0.0', private: true, license: 'MIT', dependencies }, null, 2))
  return place
}

// Runs a script of `fixtures` in the app's folder, as if it were the app's own; it prints JSON.
function runFixture (place, fixture, args = [], env = {}) {
  const file = path.join(place, path.basename(fixture))
  fs.copyFileSync(path.join(__dirname, 'fixtures', fixture), file)
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], {
    cwd: place, encoding: 'utf8', env: { ...process.env, ...env }, timeout: 60_000
  })
  if (status !== 0) throw new Error(`${fixture} ended with ${status}:\n${stdout}${stderr}`)
  return JSON.parse(stdout)
}

module.exports = { NAME, ROOT, app, binary, edit, list, npm, runFixture, tarballs, temporary }
