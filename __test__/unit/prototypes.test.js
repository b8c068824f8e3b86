'use strict'

// Mocking tools walk the prototypes of everything that a module exports (jest.mock, sinon.createStubInstance). Reading a
// property there throws nothing and makes nothing: no engine, no interval, no property.

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const path = require('node:path')
const { test } = require('node:test')
const { load, session } = require('../helpers/subject')

/** Each exported function, and each prototype that it and its instances inherit from. */
function exported () {
  const found = new Map([['session', session]])
  for (const key of Reflect.ownKeys(session)) {
    const value = session[key]
    if (typeof value === 'function') found.set(String(key), value)
  }
  for (const part of ['cookie', 'memory', 'session', 'store']) found.set(`session/${part}`, load(`/session/${part}.js`))
  found.set('memorystore', load('/memorystore.js')(session))
  return found
}

/** An object and all that it inherits from. */
function chainOf (object) {
  const chain = []
  for (; object; object = Object.getPrototypeOf(object)) chain.push(object)
  return chain
}

function shapeOf (objects) {
  return objects.map(object => Reflect.ownKeys(object).map(String))
}

function readAll () {
  let read = 0
  for (const [name, value] of exported()) {
    for (const start of [value, value.prototype]) {
      if (start === undefined) continue
      const chain = chainOf(start)
      const before = shapeOf(chain)
      for (const owner of chain) {
        if (owner === Function.prototype) continue // its `caller` and `arguments` throw for every function
        for (const key of Reflect.ownKeys(owner)) {
          for (const object of new Set([start, owner])) {
            assert.doesNotThrow(() => object[key], `${name}: ${String(key)}`)
            read++
          }
        }
      }
      for (const key in start) assert.doesNotThrow(() => start[key], key)
      assert.deepEqual(shapeOf(chain), before, name)
    }
  }
  return read
}

test('Every exported prototype may be read, own and inherited properties, and nothing is made', t => {
  const intervals = t.mock.method(globalThis, 'setInterval', () => assert.fail('an interval'))
  assert.ok([...exported().keys()].length >= 5)
  assert.ok(readAll() > 100)
  assert.equal(intervals.mock.callCount(), 0)
})

test('options, serializer and sessions of MemoryStore.prototype are undefined, also for what inherits from it', () => {
  const { MemoryStore } = session
  class Sub extends MemoryStore {}
  for (const prototype of [MemoryStore.prototype, Sub.prototype]) {
    for (const key of ['options', 'serializer', 'sessions']) assert.equal(prototype[key], undefined, key)
    assert.deepEqual(Object.getOwnPropertySymbols(prototype).filter(symbol => /parts/.test(String(symbol))), [])
  }
  const inherited = Object.create(MemoryStore.prototype)
  assert.equal(inherited.options, undefined)
  assert.equal(inherited.serializer, undefined)
  assert.deepEqual(Reflect.ownKeys(inherited), [])
})

test('The same without the binary', { skip: !session.native && 'there is no binary' }, () => {
  const env = { ...process.env }
  delete env.NODE_TEST_CONTEXT
  const { status, stdout } = spawnSync(process.execPath, ['--no-addons', '--no-warnings', '--test', '--test-reporter=tap', path.basename(__filename)],
    { cwd: __dirname, encoding: 'utf8', env, timeout: 60_000 })
  assert.equal(status, 0, stdout)
  assert.match(stdout, /# pass 2\n/)
})
