'use strict'

// The types, compiled in projects like those of apps: each has some of the fixtures, and a node_modules in
// which this package's declarations lie under the names that the app installed them under.

const assert = require('node:assert')
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { after, describe, it } = require('node:test')
const ts = require('typescript')

const ROOT = path.join(__dirname, '..', '..')
const MODULES = path.join(ROOT, 'node_modules')
const ALIAS = 'express-session'
const OWN_NAME = require('../../package.json').name

const STRICT = { strict: true, target: 'es2022', esModuleInterop: true, noEmit: true }
const NODE16 = { module: 'node16' }
const MODES = {
  'commonjs with node10': { module: 'commonjs', moduleResolution: 'node10' },
  'node16 in a CommonJS package': NODE16,
  'nodenext in an ES package': { module: 'nodenext' },
  'esnext for a bundler': { module: 'esnext', moduleResolution: 'bundler' }
}

const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'express-session-types-')))
after(() => fs.rmSync(folder, { recursive: true, force: true }))

describe('in an app', () => {
  for (const [mode, options] of Object.entries(MODES)) {
    const isEsm = !/commonjs/i.test(mode)
    const sources = isEsm ? ['native.ts'] : ['native.ts', 'require.ts']

    it(`${mode}, with @types/express`, () => {
      const project = makeProject({
        named: [ALIAS],
        linked: ['@types/express'],
        isEsm,
        sources: [...sources, 'upstream.ts'],
        options
      })
      assert.strictEqual(check(project), '')
    })

    it(`${mode}, without @types/express`, () => {
      const project = makeProject({ named: [ALIAS], isEsm, sources, options })
      assert.strictEqual(check(project), '')
    })
  }

  for (const name of [ALIAS, OWN_NAME]) {
    it(`that declares the promises of its sessions on ${name}`, () => {
      const linked = ['@types/express']
      const project = makeProject({ named: [name], linked, sources: ['promises.ts'], rename: name === OWN_NAME, options: NODE16 })
      assert.strictEqual(check(project), '')
    })
  }

  it('by tsc itself, which looks at every declaration', () => {
    const project = makeProject({
      named: [ALIAS],
      linked: ['@types/express'],
      sources: ['native.ts', 'upstream.ts'],
      options: NODE16
    })
    const tsc = require.resolve('typescript/bin/tsc')
    const { stdout, stderr, status } = spawnSync(process.execPath, [tsc, '-p', project], { encoding: 'utf8' })
    assert.deepStrictEqual({ stdout, stderr, status }, { stdout: '', stderr: '', status: 0 })
  })

  it('with the strictest options', () => {
    const options = {
      ...NODE16,
      exactOptionalPropertyTypes: true,
      noPropertyAccessFromIndexSignature: true,
      noUncheckedIndexedAccess: true,
      verbatimModuleSyntax: true,
      isolatedModules: true
    }
    const project = makeProject({ named: [ALIAS], isEsm: true, sources: ['native.ts'], options })
    assert.strictEqual(check(project), '')
  })
})

describe('a superset of @types/express-session', () => {
  it('the samples compile against upstream’s types, so they are fair', () => {
    const project = makeProject({
      linked: ['@types/express', '@types/express-session'],
      sources: ['upstream.ts'],
      options: NODE16
    })
    assert.strictEqual(check(project), '')
  })

  it('type by type', () => {
    const project = makeProject({
      named: [OWN_NAME],
      linked: ['@types/express', '@types/express-session'],
      sources: ['superset.ts'],
      options: { ...NODE16, skipLibCheck: true }
    })
    assert.strictEqual(check(project), '')
  })
})

describe('under its own name', () => {
  it('sessions are declared on that name', () => {
    const project = makeProject({
      named: [OWN_NAME],
      linked: ['@types/express'],
      sources: ['native.ts', 'require.ts', 'upstream.ts'],
      rename: true,
      options: NODE16
    })
    assert.strictEqual(check(project), '')
  })

  it('`paths` lets libraries that name express-session mean the same types', () => {
    const options = { ...NODE16, paths: { [ALIAS]: [`./node_modules/${OWN_NAME}`] } }
    const project = makeProject({
      named: [OWN_NAME],
      linked: ['redis'],
      copied: ['connect-redis', 'memorystore'],
      sources: ['both.ts', 'stores.ts'],
      options
    })
    assert.strictEqual(check(project), '')
  })

  it('installed under both names, the two copies are one to TypeScript', () => {
    const project = makeProject({ named: [OWN_NAME, ALIAS], sources: ['both.ts'], options: NODE16 })
    assert.strictEqual(check(project), '')
  })
})

describe('under the alias', () => {
  it('stores that name express-session in their declarations get these types', () => {
    const project = makeProject({
      named: [ALIAS],
      linked: ['redis'],
      copied: ['connect-redis', 'memorystore'],
      sources: ['stores.ts'],
      options: NODE16
    })
    assert.strictEqual(check(project), '')
  })

  it('wins over @types/express-session where that was left behind', () => {
    const project = makeProject({
      named: [ALIAS],
      linked: ['@types/express', '@types/express-session'],
      sources: ['native.ts', 'upstream.ts'],
      options: { ...NODE16, skipLibCheck: true }
    })
    assert.strictEqual(check(project), '')
  })
})

describe('a mistake', () => {
  it('is seen', () => {
    const project = makeProject({ named: [ALIAS], options: NODE16 })
    fs.writeFileSync(path.join(project, 'native.ts'), "import session from 'express-session'\nsession({ secret: 1 })\n")
    assert.match(check(project), /^native\.ts\(2,11\): error TS2322/)
  })
})

/**
 * @param {string[]} named names under which these declarations are installed
 * @param {string[]} linked packages that resolve their own imports from this repository
 * @param {string[]} copied packages that resolve their own imports from the project
 * @param {boolean} rename the fixtures name the package itself
 */
function makeProject ({ named = [], linked = [], copied = [], isEsm = false, rename = false, sources = [], options }) {
  const project = fs.mkdtempSync(path.join(folder, 'app-'))
  const modules = path.join(project, 'node_modules')
  fs.mkdirSync(path.join(modules, '@types'), { recursive: true })
  for (const name of named) installDeclarations(path.join(modules, name))
  for (const name of ['@types/node', ...linked]) {
    fs.symlinkSync(path.join(MODULES, name), path.join(modules, name), 'junction')
  }
  for (const name of copied) fs.cpSync(path.join(MODULES, name), path.join(modules, name), { recursive: true })
  for (const name of sources) {
    const source = fs.readFileSync(path.join(__dirname, 'fixtures', name), 'utf8')
    fs.writeFileSync(path.join(project, name), rename ? source.replace(/'express-session/g, `'${OWN_NAME}`) : source)
  }
  fs.writeFileSync(path.join(project, 'package.json'), JSON.stringify({ type: isEsm ? 'module' : 'commonjs' }))
  fs.writeFileSync(path.join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: { ...STRICT, ...options } }))
  return project
}

function installDeclarations (target) {
  for (const entry of ['package.json', 'index.d.ts', 'memorystore.d.ts', 'session']) {
    fs.cpSync(path.join(ROOT, entry), path.join(target, entry), {
      recursive: true,
      filter: (source) => !source.endsWith('.js')
    })
  }
}

// What tsc would say of the project's own files and of the packages copied into it, '' for nothing.
// Declarations from outside of it, Node's for the most part, are read once for all projects and believed.
const shared = new Map()

function check (project) {
  const config = path.join(project, 'tsconfig.json')
  const { options, fileNames, errors } = ts.getParsedCommandLineOfConfigFile(config, {}, ts.sys)
  const host = ts.createCompilerHost(options)
  host.getCurrentDirectory = () => project
  const read = host.getSourceFile
  host.getSourceFile = (file, how, ...rest) => {
    if (file.startsWith(project)) return read(file, how, ...rest)
    const key = `${file} ${how.impliedNodeFormat}`
    if (!shared.has(key)) shared.set(key, read(file, how, ...rest))
    return shared.get(key)
  }
  const program = ts.createProgram(fileNames, options, host)
  const found = [...errors, ...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics()]
  for (const file of program.getSourceFiles()) {
    if (!file.fileName.startsWith(project)) continue
    found.push(...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file))
  }
  return ts.formatDiagnostics(found, {
    getCanonicalFileName: (file) => file,
    getCurrentDirectory: () => project,
    getNewLine: () => '\n'
  })
}
