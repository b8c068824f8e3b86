'use strict'

// express-session 1.19.0 differs where deviations/ says so, and nowhere else: each file is run against it, where every
// test called `deviation: …` must fail and every other one pass.

const assert = require('node:assert/strict')
const { execFile } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { test } = require('node:test')
const { underTest } = require('../helpers/subject')

const folder = path.join(__dirname, 'deviations')

/** [title, passed] of each test that ran. */
function runUnderUpstream (file) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, SESSION_PACKAGE: 'express-session', NODE_OPTIONS: '--no-warnings' }
    delete env.NODE_TEST_CONTEXT // or the child would talk to this test's runner
    execFile(process.execPath, ['--test', '--test-reporter=tap', file], { env, timeout: 60_000, maxBuffer: 1e8 }, (err, output) => {
      if (err && err.killed) return reject(new Error(`${file} did not come to an end`))
      const results = []
      for (const [, not, title, directive] of output.matchAll(/^ *(not )?ok \d+ - (.*?)( # SKIP.*)?$/gm)) {
        if (!directive) results.push([title.replaceAll('\\#', '#').replaceAll('\\\\', '\\'), !not])
      }
      resolve(results)
    })
  })
}

test('express-session 1.19.0 fails the deviations and nothing else', { concurrency: 4, skip: underTest === 'express-session' }, async t => {
  assert.equal(require('express-session/package.json').version, '1.19.0')
  const names = fs.readdirSync(folder).filter(name => name.endsWith('.test.js'))
  await Promise.all(names.map(name => t.test(name, async () => {
    const results = await runUnderUpstream(path.join(folder, name))
    const deviations = results.filter(([title]) => title.startsWith('deviation: '))
    const others = results.filter(([title]) => !title.startsWith('deviation: ') && !title.endsWith('.test.js'))
    assert.ok(deviations.length > 0, 'no test ran')
    assert.deepEqual(deviations.filter(([, passed]) => passed), [], 'these pass there too')
    assert.deepEqual(others.filter(([, passed]) => !passed), [], 'these fail there')
  })))
})
