'use strict'

/* The demo without a browser: what it prints, what it answers, how it ends. */

const assert = require('node:assert')
const { spawnSync } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const net = require('node:net')
const os = require('node:os')
const path = require('node:path')
const { test } = require('node:test')
const { Browser } = require('../../helpers/client')
const { startDemo } = require('../../helpers/demo')
const { ROOT } = require('../pack')

const run = (env) => startDemo(process.execPath, [path.join('scripts', 'start.js')], { env })

function visitor (address) {
  const browser = new Browser({ port: new URL(address).port })
  return async function visit (where, body) {
    const sent = body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    const { headers, body: text } = await browser.get(where, sent)
    return headers['content-type']?.includes('json') ? JSON.parse(text) : text
  }
}

test('The demo signs in and out, counts, and shows the store', async (t) => {
  const demo = run({ PORT: '0' })
  t.after(() => demo.child.kill())
  const address = await demo.address
  const visit = visitor(address)
  assert.match(await visit('/'), /<title>express-session-native<\/title>/)
  assert.strictEqual((await visit('/me')).views, 1)
  assert.strictEqual((await visit('/view', {})).views, 2)
  assert.strictEqual((await visit('/sign-in', { name: '  ' })).error, 'Please type a name.')
  assert.strictEqual((await visit('/sign-in', { name: 'Ada' })).user.name, 'Ada')
  assert.strictEqual((await visit('/me')).views, 2)
  assert.strictEqual((await visit('/crowd', {})).made, 10_000)

  const live = await fetch(new URL('/live', address))
  assert.strictEqual(live.headers.get('set-cookie'), null)
  const { value } = await live.body.getReader().read()
  const stats = JSON.parse(Buffer.from(value).toString().replace(/^data: /, ''))
  assert.ok(stats.sessions > 9000, `${stats.sessions} sessions`)

  assert.deepStrictEqual(await visit('/sign-out', {}), { user: null, views: 0, id: null })
  assert.strictEqual((await visit('/me')).user, null)
})

for (const signal of ['SIGINT', 'SIGTERM']) {
  const skip = process.platform === 'win32' ? 'Windows has no signals' : false
  test(`${signal} ends the demo with exit code 0, also while a page is open`, { skip }, async (t) => {
    const demo = run({ PORT: '0' })
    t.after(() => demo.child.kill('SIGKILL'))
    const address = await demo.address
    const live = await fetch(new URL('/live', address))
    demo.child.kill(signal)
    demo.child.kill(signal) // npm passes Ctrl-C on, so it comes twice
    await live.text().catch(() => {})
    assert.strictEqual(await demo.ended, 0, demo.output)
    assert.match(demo.output, /The demo ends\./)
  })
}

test('A port that is taken or invalid is explained in a sentence', async (t) => {
  const taken = net.createServer().listen(0)
  await once(taken, 'listening')
  t.after(() => taken.close())
  const { port } = taken.address()
  const one = run({ PORT: String(port) })
  assert.strictEqual(await one.ended, 1)
  assert.match(one.output, new RegExp(`Port ${port} is taken\\. Choose another one`))
  const other = run({ PORT: 'http' })
  assert.strictEqual(await other.ended, 1)
  assert.match(other.output, /PORT is "http"; it has to be a number from 0 to 65535\./)
})

test('In a fresh clone, `npm start` and `npm test` say which tool is missing', (t) => {
  const clone = fs.mkdtempSync(path.join(os.tmpdir(), 'clone-'))
  t.after(() => fs.rmSync(clone, { recursive: true }))
  for (const entry of ['scripts', 'lib/util/build-tools.js', 'Cargo.toml', 'src/lib.rs']) {
    fs.cpSync(path.join(ROOT, entry), path.join(clone, entry), { recursive: true })
  }
  const tools = path.join(clone, 'tools')
  fs.mkdirSync(tools)
  for (const [script, missing] of [['start', 'cargo'], ['test', 'cargo'], ...process.platform === 'win32' ? [] : [['start', 'the C compiler cc']]]) {
    if (missing !== 'cargo') fs.writeFileSync(path.join(tools, 'cargo'), '#!/bin/sh\n', { mode: 0o755 })
    const { status, stderr } = spawnSync(process.execPath, [path.join(clone, 'scripts', `${script}.js`)], { encoding: 'utf8', env: { PATH: tools } })
    assert.strictEqual(status, 1)
    assert.match(stderr, new RegExp(`^\\nThe addon has to be built, and ${missing} is missing; install .+\\.$`, 'm'))
  }
})
