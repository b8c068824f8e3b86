'use strict'

/*
 *   node scripts/rehearse-release.js [part of a title]
 *
 * Does what the workflow does on a tag, with a registry on loopback: lays the packages out, checks and publishes them.
 * Then installs them into empty apps, one after another, and runs those. Only the binary of this platform is real. The
 * workflow's --provenance needs GitHub. What can't be had from npm or PyPI is skipped by name.
 */

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { check } = require('./check-release')
const { ROOT, conclude } = require('./run-program')
const { publish } = require('./release/publish')
const { CONTESTANTS, MANAGERS } = require('./release/rehearsal/contestants')
const { startRegistry } = require('./release/rehearsal/registry')
const { nodeOf } = require('./release/rehearsal/tools')
const { canMakeSbom } = require('./release/sbom')
const { stage } = require('./release/stage')
const { makeBinaries } = require('../__test__/helpers/release')
const { NAME, VERSION, binaryFile, platformPackage } = require('../lib/util/binary-names')

const FIXTURES = path.join(ROOT, '__test__', 'install', 'fixtures')
/** Of one command. */
const LIMIT = 120_000
/** The newest npm asks for it. */
const NODE = '24'

const counts = { passed: 0, failed: 0, skipped: 0 }

function skip (title, reason) {
  console.log(`skipped: ${title}: ${reason}`)
  counts.skipped++
}

function step (title, run) {
  const started = Date.now()
  try {
    const note = run() || ''
    console.log(`passed: ${title}${note && `: ${note}`} (${((Date.now() - started) / 1000).toFixed(1)} s)`)
    counts.passed++
    return true
  } catch (error) {
    console.log(`FAILED: ${title}\n${error.message}`)
    counts.failed++
    return false
  }
}

/** A command's output; it throws what the command printed if that fails. */
function run ([program, ...args], options) {
  const { status, signal, error, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: LIMIT, ...options })
  if (status !== 0) throw new Error(`${path.basename(program)} ${args.join(' ')} ended with ${status ?? signal ?? error.message}\n${stdout}${stderr}`)
  return stdout
}

/** Puts the binaries into a folder, and returns how the check has to be lenient. */
function gatherBinaries (folder) {
  makeBinaries(folder)
  const lenient = {}
  if (!canMakeSbom()) {
    lenient.needsSbom = false
    skip('SBOM', 'cargo-cyclonedx is not installed: cargo install cargo-cyclonedx --locked')
  }
  const linked = linkedByZig(path.join(folder, '..', 'zig'))
  if (linked === null) lenient.newestGlibc = '999'
  fs.copyFileSync(linked || path.join(ROOT, binaryFile()), path.join(folder, binaryFile()))
  return lenient
}

/** This platform's binary, built as the workflow builds it, or null. */
function linkedByZig (folder) {
  const title = 'building for glibc 2.17'
  const { platform, arch } = process
  if (platform !== 'linux' || arch !== 'x64') return skip(title, `this is ${platform} on ${arch}`) || null
  fs.mkdirSync(folder)
  let bin
  try {
    bin = run(['bash', path.join(__dirname, 'release', 'zig.sh'), path.join(folder, 'tools')], { timeout: 300_000 }).trim()
  } catch {
    return skip(title, 'zig and cargo-zigbuild can\'t be installed from PyPI') || null
  }
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` }
  const built = step(title, () => {
    run(['npm', 'run', '--silent', 'build', '--', '--target', 'x86_64-unknown-linux-gnu.2.17', '-x', '--output-dir', folder], { cwd: ROOT, env, timeout: 400_000 })
  })
  return built ? path.join(folder, binaryFile()) : null
}

/** The environment of someone who has nothing but the registry. */
function environmentOf (folder, url, node) {
  const home = path.join(folder, 'home')
  fs.mkdirSync(home)
  fs.writeFileSync(path.join(home, '.npmrc'), `registry=${url}\n//${new URL(url).host}/:_authToken=rehearsal\n`)
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm|pnpm|yarn|bun|xdg|corepack)_/i.test(name)))
  return {
    ...env,
    CI: '1',
    HOME: home,
    PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}`,
    npm_config_registry: url,
    npm_config_update_notifier: 'false',
    npm_config_loglevel: 'error',
    YARN_REGISTRY: url,
    YARN_NPM_REGISTRY_SERVER: url,
    YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
    YARN_ENABLE_TELEMETRY: '0'
  }
}

/** An empty app that has the package under both names, beside two stores. */
function makeApp (folder, title, files = {}) {
  const place = path.join(folder, 'apps', title.replace(/\W+/g, '-'))
  fs.mkdirSync(place, { recursive: true })
  const dependencies = {
    [NAME]: VERSION,
    'express-session': `npm:${NAME}@${VERSION}`,
    'connect-redis': '^9.0.0',
    redis: '^5.0.0',
    'connect-mongo': '^5.1.0',
    mongodb: '^6.0.0'
  }
  fs.writeFileSync(path.join(place, 'package.json'), JSON.stringify({ name: 'app', version: '1.0.0', private: true, dependencies }))
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(place, name), text)
  for (const fixture of ['smoke.js', 'stores.mjs']) fs.copyFileSync(path.join(FIXTURES, fixture), path.join(place, fixture))
  return place
}

/** Installs and runs an app. Returns what is to be told of it. */
function compete (contestant, manager, command, place, start, options) {
  const { flags = [], before = [], command: own, native = true, remedy } = contestant
  for (const args of before) run([...command, ...args], options)
  if (before.length > 0) fs.rmSync(path.join(place, 'node_modules'), { recursive: true, force: true })
  run([...command, ...own || manager.install, ...flags], options)

  let smoke = runApp(start, options)
  let note = `${path.basename(command[0]) === 'bun' ? 'Bun' : 'version'} ${run([...command, '--version'], options).trim()}`
  if (remedy && !smoke.native) {
    if (!smoke.warnings[0].includes('npm/cli#4828')) throw new Error(`the warning has no remedy: ${smoke.warnings}`)
    for (const name of ['node_modules', 'package-lock.json']) fs.rmSync(path.join(place, name), { recursive: true })
    run([...command, ...manager.install], options)
    smoke = runApp(start, options)
    note += ', with the remedy of the warning'
  }
  if (smoke.native !== native) throw new Error(`session.native is ${smoke.native}; ${smoke.warnings}`)
  const warned = smoke.warnings.map((text) => text.split(': ')[0]).join()
  if (warned !== (native ? '' : 'EXPRESS_SESSION_NO_BINARY')) throw new Error(`warnings: ${smoke.warnings}`)
  if (!native && !smoke.warnings[0].includes(platformPackage())) throw new Error(`the warning names no package: ${smoke.warnings}`)
  return note
}

/** Runs the app under both names and beside the stores, and gives what the first said. */
function runApp (start, options) {
  const [one, other] = [NAME, 'express-session'].map((name) => JSON.parse(run([...start, 'smoke.js', name], options)))
  for (const { package: own, version, views, sessions } of [one, other]) {
    const found = JSON.stringify([own, version, views, sessions])
    if (found !== JSON.stringify([NAME, VERSION, [1, 2], 1])) throw new Error(`the app printed ${found}`)
  }
  if (one.native !== other.native) throw new Error('the binary loads under one of the names only')
  const stores = JSON.parse(run([...start, 'stores.mjs'], options))
  if (stores.package !== NAME || !stores.redis || !stores.mongo || !stores.commonjs) throw new Error(`the stores found ${JSON.stringify(stores)}`)
  return one
}

async function rehearse (wanted) {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'rehearsal-')))
  let registry
  try {
    const tools = path.join(folder, 'tools')
    registry = await startRegistry(tools, NAME)
    if (registry === null) return skip('everything', 'verdaccio can\'t be installed from npm')
    const node = nodeOf(tools, NODE) || process.execPath
    const env = environmentOf(folder, registry.url, node)

    const binaries = path.join(folder, 'binaries')
    const lenient = gatherBinaries(binaries)
    const staged = path.join(folder, 'staged')
    const isPublished = step('laying out the packages', () => stage(binaries, staged)) &&
      step('checking the release', () => {
        const problems = check(staged, lenient)
        if (problems.length > 0) throw new Error(problems.join('\n'))
      }) &&
      step('publishing', () => { publish(staged, ['--access', 'public'], { env }) }) &&
      step('publishing again changes nothing', () => { publish(staged, ['--access', 'public'], { env }) })
    if (!isPublished) return

    for (const contestant of CONTESTANTS.filter(({ title }) => title.includes(wanted))) {
      const manager = MANAGERS[contestant.manager]
      const command = manager.find(tools, node)
      if (command === null) {
        skip(contestant.title, 'it can\'t be installed from npm')
        continue
      }
      const place = makeApp(folder, contestant.title, manager.files)
      const options = { cwd: place, env }
      step(contestant.title, () => compete(contestant, manager, command, place, manager.run ? [...command, ...manager.run] : [node], options))
      fs.rmSync(place, { recursive: true, force: true })
    }
  } finally {
    registry?.close()
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

rehearse(process.argv[2] || '').then(() => conclude(counts))
