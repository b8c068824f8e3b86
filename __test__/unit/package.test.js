'use strict'

// What existing apps and stores rely on: the package, its exports and its prototypes.

const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const { EventEmitter } = require('node:events')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { test } = require('node:test')
const { inherits } = require('node:util')
const { binaryFile } = require('../../lib/util/binary-names')
const { ask } = require('../helpers/calls')
const { serve } = require('../helpers/server')
const { load, middleware, session } = require('../helpers/subject')

const { Cookie, MemoryStore, Session, Store } = session
const root = path.dirname(require.resolve('../../package.json'))

/** A folder in which this package is installed as `express-session`. */
function appWithAlias (t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alias-'))
  t.after(() => fs.rmSync(folder, { recursive: true }))
  fs.mkdirSync(path.join(folder, 'node_modules'))
  fs.symlinkSync(root, path.join(folder, 'node_modules/express-session'), 'junction')
  return folder
}

function run (folder, file, source) {
  fs.writeFileSync(path.join(folder, file), source)
  return execFileSync(process.execPath, [path.join(folder, file)], { encoding: 'utf8' }).trim()
}

test('The package works under the name `express-session`, and its version is 1.19 or a later 1.x', t => {
  const { version, exports } = require('../../package.json')
  const [major, minor] = version.split('.').map(Number)
  assert.equal(major, 1)
  assert.ok(minor >= 19, version)
  assert.equal(exports, undefined, 'an exports map would hide session/store')

  const printed = run(appWithAlias(t), 'app.cjs', `
    const session = require('express-session')
    console.log(session === require('express-session/index.js'), typeof session({ secret: 's', resave: false, saveUninitialized: false }))
  `)
  assert.equal(printed, 'true function')
})

for (const [part, constructor] of Object.entries({ store: Store, cookie: Cookie, session: Session, memory: MemoryStore })) {
  test(`express-session/session/${part} can be required with and without .js`, () => {
    assert.equal(load(`/session/${part}`), constructor)
    assert.equal(load(`/session/${part}.js`), constructor)
  })
}

test('`import session, { Store, … } from "express-session"` works in ES modules', t => {
  const printed = run(appWithAlias(t), 'app.mjs', `
    import session, { Cookie, MemoryStore, Session, Store } from 'express-session'
    console.log(session.Cookie === Cookie, session.MemoryStore === MemoryStore, session.Session === Session, session.Store === Store)
  `)
  assert.equal(printed, 'true true true true')
})

test('session.native says whether the binary is loaded', () => {
  assert.equal(require('../..').native, fs.existsSync(path.join(root, binaryFile())))
})

test('Store, Session, Cookie and MemoryStore are plain constructor functions', () => {
  for (const constructor of [Store, Session, Cookie, MemoryStore]) {
    assert.doesNotMatch(String(constructor), /^class|native code/, constructor.name)
    const { writable } = Object.getOwnPropertyDescriptor(constructor, 'prototype')
    assert.equal(writable, true, 'the prototype of a function, not of a class')
  }
  assert.doesNotThrow(() => Store.call(Object.create(Store.prototype)))
  assert.doesNotThrow(() => Cookie.call(Object.create(Cookie.prototype)))
  assert.doesNotThrow(() => Session.call(Object.create(Session.prototype), { sessionID: 'x' }))
  assert.ok(new Store() instanceof EventEmitter)
  assert.ok(new MemoryStore() instanceof Store)
})

for (const [how, make] of Object.entries({
  'util.inherits and no call of the constructor' () {
    function Custom () {}
    inherits(Custom, MemoryStore)
    return new Custom()
  },
  'util.inherits and MemoryStore.call(this)' () {
    function Custom () { MemoryStore.call(this) }
    inherits(Custom, MemoryStore)
    return new Custom()
  },
  'class extends MemoryStore' () {
    return new (class Custom extends MemoryStore {})()
  }
})) {
  test(`A MemoryStore inherited by ${how} keeps its own sessions`, async () => {
    const [one, other] = [make(), make()]
    await ask(one, 'set', 'a', { cookie: {}, n: 1 })
    assert.equal((await ask(one, 'get', 'a')).n, 1)
    assert.equal(await ask(other, 'get', 'a'), undefined)
    assert.equal(await ask(one, 'length'), 1)
  })
}

test('Methods of Session.prototype can be added, mocked and removed', async t => {
  Session.prototype.login = function login (name) { this.user = name; return this }
  t.after(() => { delete Session.prototype.login })
  t.mock.method(Session.prototype, 'destroy', function (callback) {
    this.req.mocked = true
    callback()
    return this
  })

  const app = await serve(t, middleware(), (req, res) => {
    req.session.login('ann').destroy(() => res.end(`${req.session.user} ${req.mocked}`))
  })
  const res = await app.get('/')
  assert.equal(res.body, 'ann true')
})

test('Accessors of Cookie.prototype can be redefined', async t => {
  const before = Object.getOwnPropertyDescriptor(Cookie.prototype, 'data')
  t.after(() => Object.defineProperty(Cookie.prototype, 'data', before))
  Object.defineProperty(Cookie.prototype, 'data', {
    ...before,
    get () { return { ...before.get.call(this), domain: 'example.com' } }
  })

  const store = new MemoryStore()
  const app = await serve(t, middleware({ store }), (req, res) => { req.session.a = 1; res.end() })
  assert.match((await app.get('/')).setCookie[0], /Domain=example\.com/)
  const [text] = Object.values(store.sessions)
  assert.equal(JSON.parse(text).cookie.domain, 'example.com', 'the stored text has what toJSON gave')
})

test('Any object with the right prototype works as a session or a cookie', () => {
  const copy = Object.assign(Object.create(Session.prototype), { cookie: new Cookie({ maxAge: 1000 }) })
  assert.equal(copy.touch(), copy)
  const cookie = Object.assign(Object.create(Cookie.prototype), { _expires: null, path: '/x', originalMaxAge: null })
  assert.match(cookie.serialize('a', 'b'), /^a=b; Path=\/x/)
  for (const object of [Session.prototype, Cookie.prototype, Store.prototype, MemoryStore.prototype, session]) {
    assert.ok(Object.isExtensible(object))
  }
})
