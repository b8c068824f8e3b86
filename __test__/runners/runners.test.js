'use strict'

// Test runners: an app's test files with the package pass, leak nothing and leave nothing open.

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { after, before, test } = require('node:test')
const { stripVTControlCharacters } = require('node:util')
const { NAME, app, npm, tarballs, temporary } = require('../install/pack')

const FIXTURES = path.join(__dirname, 'fixtures')
const LIMIT = 100_000

let folder, release

before(() => {
  folder = temporary('runners')
  release = tarballs(folder).release
})

after(() => fs.rmSync(folder, { recursive: true, force: true }))

/** An app with the fixtures, the package and a runner; or null where the runner can't be had. */
function appWith (name, dependencies) {
  const place = app(folder, name, { [NAME]: `file:${release}`, ...dependencies })
  fs.cpSync(FIXTURES, place, { recursive: true })
  try {
    npm(['install', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: place })
  } catch {
    return null
  }
  return place
}

/** Runs a program of an app. Gives its status and what it has printed. */
function run (place, args) {
  const env = { ...process.env, CI: '1', NO_COLOR: '1', NODE_OPTIONS: '' }
  delete env.FORCE_COLOR
  delete env.NODE_TEST_CONTEXT // a runner of its own, not a part of this one
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: place, encoding: 'utf8', env, timeout: LIMIT })
  return { status, output: stripVTControlCharacters(stdout + stderr) }
}

for (const version of ['29', '30']) {
  test(`Jest ${version}`, t => {
    const place = appWith(`jest-${version}`, { jest: version })
    if (place === null) return t.skip(`jest@${version} can't be installed from npm`)
    const jest = (...args) => run(place, ['node_modules/jest/bin/jest.js', '--ci', ...args])

    const all = jest()
    assert.equal(all.status, 0, all.output)
    assert.match(all.output, /Tests: +10 passed, 10 total/)

    const open = jest('--detectOpenHandles', 'request|sqlite')
    assert.equal(open.status, 0, open.output)
    assert.doesNotMatch(open.output, /open handle|did not exit/)
  })
}

test('Jest 29 --detectLeaks', t => {
  const place = appWith('jest-leaks', { jest: '29' })
  if (place === null) return t.skip('jest@29 can\'t be installed from npm')
  const { status, output } = run(place, ['node_modules/jest/bin/jest.js', '--ci', '--detectLeaks', 'request|sqlite'])
  assert.equal(status, 0, output)
  assert.match(output, /Tests: +5 passed, 5 total/)
})

// The newest for this Node: 5 needs Node 22.
const VITEST = Number(process.versions.node.split('.')[0]) >= 22 ? '5' : '4'

test(`Vitest ${VITEST}: forks, threads and vmThreads`, t => {
  const place = appWith('vitest', { vitest: VITEST })
  if (place === null) return t.skip(`vitest@${VITEST} can't be installed from npm`)
  for (const pool of ['forks', 'threads', 'vmThreads']) {
    const { status, output } = run(place, ['node_modules/vitest/vitest.mjs', 'run', '--globals', `--pool=${pool}`])
    assert.equal(status, 0, `${pool}: ${output}`)
    assert.match(output, /Tests +10 passed/)
  }
})

test('node:test with mocked timers, its own and those of @sinonjs', t => {
  const place = appWith('node-test', { '@sinonjs/fake-timers': '13' })
  if (place === null) return t.skip('the package and @sinonjs/fake-timers can\'t be installed')
  const { status, output } = run(place, ['--test', 'node-timers.js'])
  assert.equal(status, 0, output)
  assert.match(output, /pass 4\b/)
})

test('Mock responses: node-mocks-http and light-my-request, with Express 4 and 5', t => {
  for (const express of ['4', '5']) {
    const place = appWith(`mocks-${express}`, { express, 'node-mocks-http': '1', 'light-my-request': '6' })
    if (place === null) return t.skip('node-mocks-http, light-my-request and express can\'t be installed')
    const { status, output } = run(place, ['--test', 'mocks.js'])
    assert.equal(status, 0, output)
    assert.match(output, /pass 70\b/)
  }
})
