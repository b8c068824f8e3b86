'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')
const vm = require('node:vm')
const fc = require('fast-check')
const { dataText, sameSnapshot, snapshotOf, snapshotOfText } = require('../helpers/internals')

class Basket {
  constructor (rows) {
    this.rows = rows
  }
}

class Price {
  constructor (cents) {
    this.cents = cents
  }

  toJSON (key) {
    return this.cents === 0 ? undefined : [key, this.cents]
  }
}

const FEW = ['a', 'b', 'cookie', '1', '__proto__', 'toJSON', '', '[', '}']
const MOMENT = new Date('2026-11-21T12:00:00.000Z')

/** Few different ones, so that two of them are often alike, and every kind that JSON treats in its own way. */
const leaf = fc.oneof(
  fc.constantFrom(null, true, false, 0, -0, 1, 1.5, NaN, -Infinity, '', '0', 'null', 'end', '2026-11-21T12:00:00.000Z', '{}'),
  fc.constantFrom(undefined, () => 1, Symbol('s'), MOMENT, new Date(NaN), /x/, new Map([[1, 2]]), Object.create(null)),
  fc.constantFrom(Object('text'), Object(1), Object(false), new Price(0), new Price(1), Buffer.from('x'), Object(Symbol('s')), vm.runInNewContext('({ a: 1 })')),
  fc.constant(Object.assign(() => 1, { toJSON: (key) => ({ key }) })), fc.double(), fc.string()
)
const key = fc.oneof(fc.constantFrom(...FEW), fc.string({ maxLength: 3 }))
const { value } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('value'), { maxLength: 3 }), tie('object'),
    tie('object').map((object) => new Basket(object)), tie('value').map((inner) => ({ toJSON: () => inner }))),
  object: fc.array(fc.tuple(key, tie('value')), { maxLength: 3 }).map((pairs) => Object.fromEntries(pairs))
}))
const session = fc.array(fc.tuple(key, value), { maxLength: 4 })
  .map((pairs) => Object.defineProperties(new Basket(), Object.getOwnPropertyDescriptors(Object.fromEntries(pairs))))

function agree (a, b) {
  assert.equal(sameSnapshot(snapshotOf(a), snapshotOf(b)), dataText(a) === dataText(b), `${dataText(a)}\n${dataText(b)}`)
}

test('Two states are equal exactly when the texts are', () => {
  fc.assert(fc.property(session, session, agree), { numRuns: 3000 })
})

test('The state of a session is that of its parsed text', () => {
  fc.assert(fc.property(session, (some) => {
    if (typeof some.toJSON === 'function') return // its cookie is data
    const text = dataText(some)
    assert.ok(sameSnapshot(snapshotOf(some), snapshotOf(JSON.parse(text))), text)
  }), { numRuns: 3000 })
})

test('One different leaf makes two states differ', () => {
  fc.assert(fc.property(session, leaf, leaf, (some, one, other) => {
    agree({ ...some, z: { deep: [one] } }, { ...some, z: { deep: [other] } })
  }), { numRuns: 3000 })
})

test('Numbers that JavaScript cannot hold are told apart where JSON can write them', { skip: !JSON.rawJSON }, (t) => {
  // eslint-disable-next-line no-extend-native -- apps that keep BigInts do this
  BigInt.prototype.toJSON = function () {
    return JSON.rawJSON(String(this))
  }
  t.after(() => delete BigInt.prototype.toJSON)
  const numbers = [5n, 5, 9007199254740992n, 9007199254740993n]
  for (const a of numbers) for (const b of numbers) agree({ a }, { a: b })
})

const PAD = 'x'.repeat(1000)
const digits = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 22 }).map((list) => list.join(''))
const numberText = fc.tuple(
  fc.constantFrom('', '-'), digits.map((text) => text.replace(/^0+(?=\d)/, '')),
  fc.option(fc.oneof(digits, fc.constantFrom('0', '50', '0000001')), { nil: '' }), fc.constantFrom('', '', '', 'e5', 'E-7', 'e+21')
).map(([sign, whole, fraction, exponent]) => `${sign}${whole}${fraction && '.' + fraction}${exponent}`)

test('A long stored text stands for its data, whatever JSON.rawJSON has put in it', () => {
  const unchanged = (raw) => {
    for (const text of [`{"pad":"${PAD}","v":${raw}}`, `{"pad":"${PAD}","v":[${raw},{"deep":${raw}}]}`]) {
      const data = JSON.parse(text)
      const original = snapshotOfText(data, text)
      assert.ok(sameSnapshot(original, snapshotOf(data, original)), raw)
      assert.ok(!sameSnapshot(original, snapshotOf({ ...data, pad: `${PAD}y` }, original)), raw)
    }
  }
  for (const raw of ['"\\u0041"', '"\\/"', '"\\u000A"', '-0', '1.0', '1e5', '9007199254740993', '0.0000001', '12345678901234.50']) {
    assert.notEqual(JSON.stringify(JSON.parse(raw)), raw)
    unchanged(raw)
  }
  fc.assert(fc.property(numberText, unchanged), { numRuns: 3000 })
})

test('A long stored text is a snapshot itself', () => {
  const text = `{"pad":"${PAD}"}`
  assert.equal(snapshotOfText(JSON.parse(text), text), text)
  assert.equal(typeof snapshotOfText({ a: 1 }, '{"a":1}'), 'object')
})

test('Long texts differ exactly where their data do, wherever raw JSON is in them', () => {
  const raw = fc.oneof(numberText, fc.constantFrom('"a,\\u0041"', '"\\/"', '"\\u000A"', '"\\u001F"', '"\\uD800"', '"\\ud83d\\ude00"', '-0', '1.0', '-0.00000123456789012345678'))
  const plain = fc.oneof(fc.constantFrom('null', 'true', '0', '10', '-1.5', '[]', '{"a":[1]}'), fc.oneof(fc.string(), fc.double()).map(some => JSON.stringify(some)))
  const one = fc.oneof(raw, plain)
  const values = fc.array(fc.oneof(one, fc.array(one, { maxLength: 3 }).map((list) => `[${list}]`)), { maxLength: 8 })
  const textOf = (values) => `{"pad":"${PAD}"${values.map((text, i) => `,"k${i}":${text}`).join('')}}`
  fc.assert(fc.property(values, values, fc.nat(8), (some, others, at) => {
    const stored = textOf(some)
    const data = JSON.parse(stored)
    const now = JSON.parse(textOf([...some.slice(0, at), ...others]))
    const original = snapshotOfText(data, stored)
    assert.equal(sameSnapshot(original, snapshotOf(data, original)), true, stored)
    assert.equal(sameSnapshot(original, snapshotOf(now, original)), dataText(data) === dataText(now), stored)
  }), { numRuns: 5000 })
})

test('The order of keys counts, as in the text', () => {
  agree({ a: 1, b: 2 }, { b: 2, a: 1 })
  assert.ok(!sameSnapshot(snapshotOf({ a: 1, b: 2 }), snapshotOf({ b: 2, a: 1 })))
})

test('Only the cookie of the session itself is left out', () => {
  assert.ok(sameSnapshot(snapshotOf({ cookie: 1, a: 1 }), snapshotOf({ cookie: 2, a: 1 })))
  assert.ok(!sameSnapshot(snapshotOf({ a: { cookie: 1 } }), snapshotOf({ a: { cookie: 2 } })))
})

test('Inherited properties do not count', () => {
  agree(Object.create({ a: 1 }), {})
  assert.deepEqual(snapshotOf(Object.create({ a: 1 })), [])
})

test('Deep nesting is neither mistaken for text nor too deep', () => {
  const nested = (depth, inner) => depth === 0 ? inner : { a: nested(depth - 1, inner) }
  for (const depth of [48, 49, 50, 51, 60, 1000]) {
    agree(nested(depth, { b: 1 }), nested(depth, { b: 1 }))
    agree(nested(depth, { b: 1 }), nested(depth, { b: 2 }))
    agree(nested(depth, { b: 1 }), nested(depth, '{"b":1}'))
  }
  let deep = []
  for (let i = 0; i < 3000; i++) deep = [deep]
  assert.ok(sameSnapshot(snapshotOf({ deep }), snapshotOf({ deep })))
})

for (const [name, make] of Object.entries({
  'a cycle through the session': () => {
    const some = new Basket()
    some.self = { some }
    return some
  },
  'a cycle below it': () => {
    const a = {}
    a.b = { a }
    return { a }
  },
  'a cycle through an array': () => {
    const a = []
    a.push([a])
    return { a }
  },
  'a BigInt': () => ({ a: [1n] }),
  'a toJSON that throws': () => ({ a: { toJSON () { throw new RangeError('no') } } })
})) {
  test(`${name} gives the error of JSON.stringify`, () => {
    let expected
    try {
      dataText(make())
    } catch (err) {
      expected = err
    }
    assert.throws(() => snapshotOf(make()), { name: expected.name, message: expected.message })
  })
}

test('A function is no session, and an array is what JSON writes', () => {
  const named = Object.assign(() => {}, { cookie: {}, a: 1 })
  assert.throws(() => snapshotOf(named), { name: 'TypeError', message: 'the session has no JSON text' })
  agree(Object.assign([1], { cookie: {} }), [1])
  agree([1], [2])
})
