'use strict'

const assert = require('node:assert')
const path = require('node:path')
const { spawnSync } = require('node:child_process')
const lib = require('./harness/lib')
const { test } = require('./harness/write')

// What a process says by itself: each package in a fresh one.

const HELPERS = path.join(__dirname, '../helpers')

function inProcess (subject, code, env) {
  const prelude = `
    const session = require(${JSON.stringify(subject)});
    const { request } = require(${JSON.stringify(HELPERS)} + '/client');
    const { listen } = require(${JSON.stringify(HELPERS)} + '/server');
    const OK = { secret: 's', resave: false, saveUninitialized: true };
    async function ask(middleware, headers = {}, handler = (req, res) => res.end('ok'), before = () => {}) {
      let failed;
      const { port, close } = await listen((req, res) => {
        before(req);
        middleware(req, res, (err) => { failed = err; if (err) res.end(); else handler(req, res); });
      });
      const { cookie } = await request({ port, headers });
      close();
      if (failed) throw failed;
      return cookie || undefined;
    }
  `
  const clean = { ...process.env, NODE_ENV: 'development', ...env }
  for (const k of ['NO_DEPRECATION', 'NODE_OPTIONS', 'NODE_TEST_CONTEXT']) if (!env || !(k in env)) delete clean[k]
  const { stdout, stderr, status } = spawnSync(process.execPath, ['-e', `${prelude}\n(async () => { ${code} })()`], {
    encoding: 'utf8',
    env: clean,
    cwd: path.join(__dirname, '../..')
  })
  assert.strictEqual(status, 0, stderr)
  return { stdout, stderr }
}

// NODE_PATH serves a checkout without node_modules.
const upstreamPath = require.resolve('express-session')
const oursPath = path.isAbsolute(lib.subject) ? lib.subject : require.resolve(lib.subject)
const both = (code, env) => [inProcess(oursPath, code, env), inProcess(upstreamPath, code, env)]

const deprecations = (text) => [...text.matchAll(/express-session deprecated (.*?)(?: at |\n)/g)].map((m) => m[1])

test('Deprecation messages are those of upstream', () => {
  const [ours, theirs] = both(`
    session();
    session({ secret: 's' });
    session({ resave: true });
    session({ saveUninitialized: true, secret: ['a'] });
    session({ ...OK });
    new session.Cookie({ maxAge: new Date() });
    const c = new session.Cookie();
    c.maxAge = new Date();
    await ask(session(OK), { cookie: '' }, undefined, (req) => { req.signedCookies = { 'connect.sid': 'x' } });
    await ask(session(OK), {}, undefined, (req) => { req.cookies = { 'connect.sid': 's:x.' + require('node:crypto').createHmac('sha256', 's').update('x').digest('base64').replace(/=+$/, '') } });
  `)
  assert.ok(deprecations(theirs.stderr).length >= 7)
  assert.deepStrictEqual([...new Set(deprecations(ours.stderr))].sort(), [...new Set(deprecations(theirs.stderr))].sort())
})

test('Nothing is printed when all is well', () => {
  const [ours, theirs] = both('await ask(session(OK));')
  assert.strictEqual(theirs.stderr, '')
  assert.strictEqual(ours.stderr, '')
})

test('MemoryStore does not warn in production (deviation)', () => {
  const [ours, theirs] = both('await ask(session(OK));', { NODE_ENV: 'production' })
  assert.match(theirs.stderr, /MemoryStore is not/)
  if (!process.env.DIFF_STRICT) assert.strictEqual(ours.stderr, '')
})

test('A process with a store and sessions ends by itself', () => {
  both(
    "const store = new session.MemoryStore(); store.set('a', { cookie: { expires: new Date(Date.now() + 1e6) } }); session({ ...OK, store });"
  )
})
