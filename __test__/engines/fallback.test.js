'use strict'

// The package without its binary: Node refuses to load addons in these processes.

const assert = require('node:assert/strict')
const { execFile } = require('node:child_process')
const path = require('node:path')
const { test } = require('node:test')
const { promisify } = require('node:util')
const session = require('../..')
const Keyring = require('../../lib/cookie/keyring')
const MemoryEngine = require('../../lib/stores/memory/engine')
const PlainEngine = require('../../lib/stores/plain/engine')

const ROOT = path.join(__dirname, '..', '..')
const SECRET = 'keyboard cat'
const run = promisify(execFile)

/** Runs a script with the package as `session`, and gives what it prints as JSON and what it warns of. */
async function withoutBinary (script, { args = ['--no-addons'], env = {} } = {}) {
  const source = `const session = require(${JSON.stringify(ROOT)}); const print = value => console.log(JSON.stringify(value));
    (async () => { ${script} })()`
  const { stdout, stderr } = await run(process.execPath, [...args, '-e', source], { env: { ...process.env, ...env } })
  return { printed: stdout === '' ? undefined : JSON.parse(stdout), stderr }
}

const warningsIn = text => text.match(/\[EXPRESS_SESSION_NO_BINARY\]/g) || []

test('with the binary, session.native is true and there is no warning', async () => {
  const { printed, stderr } = await withoutBinary('print(session.native)', { args: [] })
  assert.equal(printed, true)
  assert.deepEqual(warningsIn(stderr), [])
})

for (const [how, options] of Object.entries({
  'by a flag': {},
  'by NODE_OPTIONS': { args: [], env: { NODE_OPTIONS: '--no-addons' } }
})) {
  test(`addons are disabled ${how}: one warning that says so, and session.native is false`, async () => {
    const script = `new session.MemoryStore(); session({ secret: 'x', resave: false, saveUninitialized: false });
      require(${JSON.stringify(path.join(ROOT, 'session/memory'))}); print(session.native)`
    const { printed, stderr } = await withoutBinary(script, options)
    assert.equal(printed, false)
    assert.equal(warningsIn(stderr).length, 1)
    assert.match(stderr, /--no-addons/)
    assert.doesNotMatch(stderr, /not installed/)
  })
}

test('the engine is the plain one', async () => {
  const { printed } = await withoutBinary(`const { MemoryEngine, Keyring } = require(${JSON.stringify(path.join(ROOT, 'lib/native'))});
    print([MemoryEngine.name, Keyring.name])`)
  assert.deepEqual(printed, [PlainEngine.name, require('../../lib/cookie/plain-keyring').name])
})

test('the package has the same exports', async () => {
  const exportsOf = 'print(Object.keys(session).map(key => [key, typeof session[key]]))'
  const { printed } = await withoutBinary(exportsOf)
  const native = await withoutBinary(exportsOf, { args: [] })
  assert.deepEqual(printed, native.printed)
})

test('what needs the binary says so when it is made', async () => {
  const { printed } = await withoutBinary('try { new session.MemoryStore({ shared: "a" }) } catch (err) { print([err.name, err.message]) }')
  assert.equal(printed[0], 'RangeError')
  assert.match(printed[1], /shared option needs the binary/)
})

test('ids have the same form', async () => {
  const { printed } = await withoutBinary(`const { generateId } = require(${JSON.stringify(path.join(ROOT, 'lib/native'))});
    print(Array.from({ length: 100 }, () => generateId()))`)
  assert.equal(new Set(printed).size, 100)
  for (const id of printed) assert.match(id, /^[\w-]{32}$/)
})

/** Serves a counter on a store that holds `sessions`, sends it `cookie`, and prints what came back. */
const serveOnce = (sessions, cookie) => `
  const http = require('http')
  const store = new session.MemoryStore()
  store.sessions = ${JSON.stringify(sessions)}
  const middleware = session({ secret: ${JSON.stringify(SECRET)}, resave: false, saveUninitialized: false, store, cookie: { maxAge: 60000 } })
  const server = http.createServer((req, res) => middleware(req, res, err => {
    if (err) return res.end(String(err))
    req.session.views = (req.session.views || 0) + 1
    res.end(String(req.session.views))
  }))
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  const headers = ${JSON.stringify(cookie === undefined ? {} : { cookie })}
  const { port } = server.address()
  const answer = await new Promise(resolve => http.get({ host: '127.0.0.1', port, headers, agent: false }, resolve))
  let body = ''
  for await (const chunk of answer) body += chunk
  const setCookie = answer.headers['set-cookie'] || []
  server.close()
  print({ body, cookie: setCookie.map(text => text.split(';')[0]).join(), sessions: { ...store.sessions } })`

for (const [from, to] of [['--no-addons', undefined], [undefined, '--no-addons']]) {
  const name = flag => flag ? 'without' : 'with'
  test(`a cookie and a session made ${name(from)} the binary are read and written ${name(to)} it`, async () => {
    const args = flag => ({ args: flag ? [flag] : [] })
    const { printed: first } = await withoutBinary(serveOnce({}), args(from))
    assert.equal(first.body, '1')
    assert.match(first.cookie, /^connect\.sid=s%3A/)
    const { printed: second } = await withoutBinary(serveOnce(first.sessions, first.cookie), args(to))
    assert.equal(second.body, '2')
    assert.deepEqual(Object.keys(second.sessions), Object.keys(first.sessions))

    const texts = [first, second].map(({ sessions }) => Object.values(sessions)[0].replace(/"expires":"[^"]*"/, '"expires":""'))
    assert.equal(texts[1], texts[0].replace('"views":1', '"views":2'), 'the texts are the same, to the order of keys')
  })
}

test('this process has the binary', () => {
  const { Keyring: loaded, MemoryEngine: engine } = require('../../lib/native')
  assert.equal(session.native, true)
  assert.equal(loaded, Keyring)
  assert.equal(engine, MemoryEngine)
})
