'use strict'

// Fake timers, taken before or after the package is loaded, hold up no callback. The suite `runners` has Jest and Vitest.

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const path = require('node:path')
const { test } = require('node:test')
const { every } = require('../../lib/stores/interval')
const { needsBinary } = require('../helpers/binary')

const ROOT = path.join(__dirname, '../..')

/** What runners do: node:test binds a method, @sinonjs/fake-timers (Vitest, Jest) puts a function without a name there, or with Node's. */
const fakes = named => `for (const name of ['setImmediate', 'setTimeout', 'setInterval', 'queueMicrotask']) {
  const fake = (() => () => {})()
  fake.clock = {}
  ${named ? "Object.defineProperty(fake, 'name', { value: name })" : ''}
  globalThis[name] = require('timers')[name] = fake
}`
const TAKE = {
  'node:test': "require('node:test').mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate', 'Date'] })",
  'nobody named': fakes(false),
  '@sinonjs': fakes(true)
}

for (const [runner, take] of Object.entries(TAKE)) {
  for (const order of ['before', 'after']) {
    for (const native of [true, false]) {
      const unsupported = runner === 'node:test' && Number(process.versions.node.split('.')[0]) < 20
      test(`save, reload, regenerate, destroy and all call back under fake timers of ${runner} taken ${order} the package is loaded (${native ? 'native' : 'plain'})`,
        { skip: unsupported ? 'this Node.js has no mocked timers' : native && needsBinary.skip }, () => {
          const load = `globalThis.session = require(${JSON.stringify(ROOT)})`
          const script = `
            ${order === 'before' ? `${take}; ${load}` : `${load}; ${take}`}
            process.exitCode = 1
            require(${JSON.stringify(path.join(ROOT, '__test__/runners/fixtures/app.js'))}).save(session)
              .then(said => { process.exitCode = said === 'called back' && session.native === ${native} ? 0 : 2 })`
          const flags = ['--no-warnings', ...(native ? [] : ['--no-addons'])]
          const { status, stderr } = spawnSync(process.execPath, [...flags, '-e', script], { encoding: 'utf8', timeout: 20_000 })
          assert.equal(status, 0, stderr)
        })
    }
  }
}

test('a timer of a tool that wraps setInterval is no test\'s', async t => {
  const { setInterval } = globalThis
  globalThis.setInterval = (...args) => setInterval(...args)
  t.after(() => { globalThis.setInterval = setInterval })
  let timer
  const isTest = await new Promise(resolve => { timer = every(100, resolve).ref() })
  clearInterval(timer)
  assert.equal(isTest, false)
})
