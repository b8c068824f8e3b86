'use strict'

/* Test runners load the package in a new realm (vm context) for each test file. A realm that anything keeps is a leak. */

const assert = require('node:assert/strict')
const fs = require('node:fs')
const { createRequire, isBuiltin } = require('node:module')
const path = require('node:path')
const { test } = require('node:test')
const vm = require('node:vm')
const { needsBinary } = require('../helpers/binary')
const { collectGarbage } = require('../helpers/garbage')

const ROOT = path.join(__dirname, '../..')
const REALMS = 8

test('a realm is collected after the package was used in it', async () => {
  assert.equal(await keptAfter(use), 0)
})

test('a realm is collected after a SQLiteStore was used in it', needsBinary, async () => {
  assert.equal(await keptAfter(realm => useSqlite(realm, {})), 0)
})

test('the same with timers, when the store was closed', needsBinary, async () => {
  assert.equal(await keptAfter(async realm => {
    const store = await useSqlite(realm, { checkPeriod: 3_600_000 })
    store.on('destroyed', () => {})
    store.close()
  }), 0)
})

test('a realm is kept if Rust holds an array of it', needsBinary, async () => {
  const held = []
  assert.equal(await keptAfter(realm => {
    const native = realm.load(path.join(ROOT, 'binding.js'))
    const { length } = native.createNumbers()
    held.push(native.createMemory(vm.runInContext(`new Float64Array(${length})`, realm.context), Infinity, Infinity))
  }), REALMS)
  assert.equal(held.length, REALMS)
})

/** The number of realms that are left after each was used once. */
async function keptAfter (use) {
  const realms = []
  for (let i = 0; i < REALMS; i++) realms.push(await usedOnce(use))
  for (let i = 0; i < 10; i++) {
    await new Promise(resolve => setTimeout(resolve, 10))
    collectGarbage()
  }
  return realms.filter(realm => realm.deref() !== undefined).length
}

async function usedOnce (use) {
  const realm = makeRealm()
  await use(realm)
  return new WeakRef(realm.context)
}

/** Uses a store and a keyring. The app is reachable from the realm's global, as apps of test files often are. */
async function use ({ context, load }) {
  const session = load(path.join(ROOT, 'index.js'))
  const { Keyring } = load(path.join(ROOT, 'lib/native.js'))
  const store = new session.MemoryStore({ max: 10 })
  const middleware = session({ secret: 'secret', resave: false, saveUninitialized: true, store })
  const keyring = new Keyring('sid', ['secret'])
  context.app = { keyring, middleware, store }

  await new Promise((resolve, reject) => store.set('one', { cookie: {} }, err => err ? reject(err) : resolve()))
  assert.equal(keyring.open(`sid=${keyring.seal('one')}`).sid, 'one')
  const found = await new Promise((resolve, reject) => store.get('one', (err, found) => err ? reject(err) : resolve(found)))
  assert.ok(found instanceof vm.runInContext('Object', context), 'the package runs in the realm')
}

/** Uses a SQLiteStore, also in ways that wait for its writer thread. */
async function useSqlite ({ context, load }, options) {
  const { newFile } = require('../engines/sqlite')
  const session = load(path.join(ROOT, 'index.js'))
  const store = new session.SQLiteStore({ file: newFile(), ...options })
  context.app = { store, middleware: session({ secret: 'secret', resave: false, saveUninitialized: true, store }) }
  await store.setAsync('one', { cookie: {} })
  await store.getAsync('one')
  await store.destroyAsync('one')
  return store
}

/** A realm, and a `require` for it. Built-in modules and the addon come from the main realm, as in Jest. */
function makeRealm () {
  const context = vm.createContext({ Buffer, clearInterval, clearTimeout, console, process, queueMicrotask, setImmediate, setInterval, setTimeout })
  const loaded = new Map()

  function load (file) {
    if (file.endsWith('.node')) return require(file)
    if (loaded.has(file)) return loaded.get(file).exports
    const module = { exports: {} }
    loaded.set(file, module)
    const text = fs.readFileSync(file, 'utf8')
    if (file.endsWith('.json')) {
      module.exports = vm.runInContext('JSON', context).parse(text)
      return module.exports
    }
    const resolver = createRequire(file)
    const requireHere = name => isBuiltin(name) ? require(name) : load(resolver.resolve(name))
    requireHere.resolve = name => resolver.resolve(name)
    const body = vm.compileFunction(text, ['require', 'module', 'exports', '__filename', '__dirname'],
      { filename: file, parsingContext: context })
    body.call(module.exports, requireHere, module, module.exports, file, path.dirname(file))
    return module.exports
  }
  return { context, load }
}
