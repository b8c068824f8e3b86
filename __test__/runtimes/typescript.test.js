'use strict'

// The types under the versions of TypeScript beside the one of `npm run test:types`, by tsc, which reads every declaration.

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { after, before, test } = require('node:test')
const { fileOf } = require('../../scripts/release/rehearsal/tools')
const { temporary } = require('../install/pack')

const ROOT = path.join(__dirname, '../..')

let folder, project

before(() => {
  folder = temporary('typescript')
  project = path.join(folder, 'app')
  const alias = path.join(project, 'node_modules/express-session')
  for (const entry of ['package.json', 'index.d.ts', 'memorystore.d.ts', 'session']) {
    fs.cpSync(path.join(ROOT, entry), path.join(alias, entry), { recursive: true, filter: (source) => !source.endsWith('.js') })
  }
  fs.mkdirSync(path.join(project, 'node_modules/@types'))
  for (const name of ['@types/node', '@types/express']) {
    fs.symlinkSync(path.join(ROOT, 'node_modules', name), path.join(project, 'node_modules', name), 'junction')
  }
  for (const name of ['native.ts', 'upstream.ts']) fs.copyFileSync(path.join(ROOT, '__test__/types/fixtures', name), path.join(project, name))
  fs.writeFileSync(path.join(project, 'mistake.ts'), "import session from 'express-session'\nsession({ secret: 1 })\n")
  fs.writeFileSync(path.join(project, 'package.json'), '{}')
  fs.writeFileSync(path.join(project, 'tsconfig.json'), JSON.stringify({
    compilerOptions: { strict: true, target: 'es2022', module: 'node16', esModuleInterop: true, noEmit: true, types: ['node'] }
  }))
})

after(() => fs.rmSync(folder, { recursive: true, force: true }))

for (const version of ['5', '6', '7']) {
  test(`TypeScript ${version} compiles an app, and sees its one mistake`, (t) => {
    const tsc = fileOf(path.join(folder, 'tools'), 'typescript', version, 'bin/tsc')
    if (tsc === null) return t.skip('it can\'t be installed from npm')
    t.diagnostic(spawnSync(process.execPath, [tsc, '--version'], { encoding: 'utf8' }).stdout.trim())
    const { stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', project, '--pretty', 'false'], { cwd: project, encoding: 'utf8' })
    assert.equal(stderr, '')
    // What explains an error is indented.
    const [mistake, ...others] = stdout.split(/\r?\n(?! )/).filter(Boolean)
    assert.match(mistake, /^mistake\.ts\(2,11\): error TS2322/)
    assert.deepEqual(others, [])
  })
}
