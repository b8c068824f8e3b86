'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')
const hidden = require('../../lib/util/hidden')

test('a hidden value is kept for its object only', () => {
  const marks = hidden()
  const [one, other] = [{ a: 1 }, { a: 1 }]
  marks.set(one, 'mark')
  assert.equal(marks.get(one), 'mark')
  assert.equal(marks.get(other), undefined)
  marks.set(one, undefined)
  assert.equal(marks.get(one), undefined)
})

test('two kinds of hidden values on one object stay apart', () => {
  const [marks, others] = [hidden(), hidden()]
  const object = {}
  marks.set(object, 1)
  assert.equal(others.get(object), undefined)
  others.set(object, 2)
  assert.equal(marks.get(object), 1)
})

test('nothing shows, copies or inherits a hidden value', () => {
  const marks = hidden()
  const object = { a: 1 }
  marks.set(object, 'mark')
  assert.deepEqual(Reflect.ownKeys(object), ['a'])
  assert.deepStrictEqual(object, { a: 1 })
  assert.equal(JSON.stringify(object), '{"a":1}')
  for (const copy of [{ ...object }, structuredClone(object), Object.create(object), new Proxy(object, {})]) {
    assert.equal(marks.get(copy), undefined)
  }
})

test('what nothing can be added to carries hidden values too', () => {
  const trap = () => { throw new Error('looked at') }
  const proxy = new Proxy({}, { get: trap, set: trap, has: trap, defineProperty: trap, isExtensible: trap, getPrototypeOf: trap })
  const { proxy: revoked, revoke } = Proxy.revocable({}, {})
  revoke()
  for (const object of [Object.freeze({}), Object.seal([]), Object.preventExtensions(Object.create(null)), proxy, revoked]) {
    const marks = hidden()
    marks.set(object, 1)
    assert.equal(marks.get(object), 1)
    marks.set(object, 2)
    assert.equal(marks.get(object), 2)
  }
})

test('an object that is frozen after it was given a hidden value keeps it, and takes another', () => {
  const marks = hidden()
  const object = {}
  marks.set(object, 1)
  Object.freeze(object)
  assert.equal(marks.get(object), 1)
  marks.set(object, 2)
  assert.equal(marks.get(object), 2)
})

test('what is no object carries nothing', () => {
  const marks = hidden()
  for (const value of [undefined, null, 'text', 1, true, Symbol('s'), 1n]) {
    marks.set(value, 1)
    assert.equal(marks.get(value), undefined)
  }
})
