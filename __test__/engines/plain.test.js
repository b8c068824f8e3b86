'use strict'

// What the plain engine promises beyond the contract, and its parts.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const fc = require('fast-check')
const { DROPPED } = require('../../lib/stores/engine')
const { readOptions } = require('../../lib/stores/memory/options')
const ById = require('../../lib/stores/plain/by-id')
const Deadlines = require('../../lib/stores/plain/deadlines')
const PlainEngine = require('../../lib/stores/plain/engine')
const LongArray = require('../../lib/stores/plain/long-array')
const { START, writeOf } = require('./ask')

const newEngine = options => new PlainEngine(readOptions(options))

test('a destroyed session stays so, however many were destroyed since', () => {
  const engine = newEngine({ maxBytes: 1_000_000 })
  const write = writeOf('a')
  engine.commit(write)
  engine.destroy('a', START)
  for (let n = 0; n < 5000; n++) engine.destroy('b' + n, START)
  assert.equal(engine.commit({ ...writeOf('a'), revision: write.revision }), DROPPED)
})

test('of destroyed ids, few are remembered beside few sessions', () => {
  const engine = newEngine()
  for (let n = 0; n < 3000; n++) engine.destroy('b' + n, START)
  assert.equal(engine.stats(START).tombstones, 1024)
  for (let n = 0; n < 8000; n++) engine.commit(writeOf('a' + n))
  for (let n = 0; n < 3000; n++) engine.destroy('c' + n, START)
  assert.equal(engine.stats(START).tombstones, 2000)
})

test('shared is refused, naming the binary', () => {
  assert.throws(() => newEngine({ shared: 'a' }), { name: 'RangeError', message: /shared option needs the binary/ })
})

test('a held revision does not keep the text of a session that is gone', () => {
  const engine = newEngine()
  for (const end of [() => engine.destroy('a', START), () => engine.prune(START + 10 ** 9)]) {
    const write = writeOf('a', { data: { pad: 'x'.repeat(100) } })
    engine.commit(write)
    end()
    assert.equal(write.revision.text, '')
  }
})

test('deadlines come up in order, whatever is added, moved and removed', () => {
  const steps = fc.array(fc.tuple(fc.constantFrom('add', 'add', 'move', 'remove', 'take'), fc.nat(), fc.oneof(fc.nat(50), fc.constantFrom(NaN, Infinity, -Infinity))), { maxLength: 200 })
  fc.assert(fc.property(steps, steps => {
    const deadlines = new Deadlines()
    const records = []
    for (const [step, at, deadline] of steps) {
      const record = records[at % records.length]
      if (step === 'add') {
        const added = { deadline, due: NaN, at: -1 }
        records.push(added)
        deadlines.set(added)
      } else if (step === 'move' && record) {
        record.deadline = deadline
        deadlines.set(record)
      } else if (step === 'remove' && record) {
        records.splice(at % records.length, 1)
        deadlines.remove(record)
      } else if (step === 'take') {
        let expired
        while ((expired = deadlines.expired(at % 50, { steps: 1000 }))) {
          assert.ok(records.includes(expired) && expired.deadline <= at % 50)
          records.splice(records.indexOf(expired), 1)
          deadlines.remove(expired)
        }
        assert.ok(!records.some(({ deadline }) => deadline <= at % 50), 'none is forgotten')
      }
    }
  }), { numRuns: 500 })
})

test('deadlines keep to the budget', () => {
  const deadlines = new Deadlines()
  for (let n = 0; n < 10; n++) {
    const record = { deadline: n, due: NaN, at: -1 }
    deadlines.set(record)
    record.deadline = 100
    deadlines.set(record)
  }
  const budget = { steps: 4 }
  assert.equal(deadlines.expired(50, budget), null)
  assert.equal(deadlines.expired(50, { steps: 100 }), undefined)
})

test('a long array is an array', () => {
  fc.assert(fc.property(fc.array(fc.oneof(fc.integer({ min: -3000, max: 3000 })), { maxLength: 10 }), counts => {
    const [long, short] = [new LongArray(), []]
    let next = 0
    for (const count of counts) {
      for (let n = 0; n < count; n++) {
        long.push(next)
        short.push(next++)
      }
      for (let n = count; n < 0 && short.length > 0; n++) assert.equal(long.pop(), short.pop())
      assert.equal(long.length, short.length)
      if (short.length > 0) long.set(short.length >> 1, short[short.length >> 1] = -next)
      for (let at = 0; at < short.length; at += 97) assert.equal(long.get(at), short[at])
    }
  }), { numRuns: 50 })
})

test('a Map by id is a Map', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom('set', 'set', 'delete'), fc.oneof(fc.string(), fc.nat(300).map(String)), fc.nat())), steps => {
    const [byId, map] = [new ById(), new Map()]
    for (const [step, sid, value] of steps) {
      byId[step](sid, value)
      map[step](sid, value)
      assert.equal(byId.get(sid), map.get(sid))
    }
    const sorted = values => [...values].sort((a, b) => a - b)
    assert.deepEqual(sorted(byId), sorted(map.values()))
    const parts = []
    for (let at = 0, part; (part = byId.part(at)) !== undefined; at++) parts.push(...part)
    assert.deepEqual(sorted(parts), sorted(map.values()))
  }))
})
