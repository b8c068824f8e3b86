'use strict'

const assert = require('node:assert/strict')
const { randomBytes } = require('node:crypto')
const { test } = require('node:test')
const Doorkeeper = require('../../lib/stores/redis/near/doorkeeper')

const ids = (count) => Array.from({ length: count }, () => randomBytes(24).toString('base64url'))

test('a doorkeeper knows an id from the second time on', () => {
  const doorkeeper = new Doorkeeper(1000, Infinity)
  assert.deepEqual(['a', 'b', 'a', 'a', 'b'].map((sid) => doorkeeper.knows(sid)), [false, false, true, true, true])
})

for (const room of [1, 7, 100, 4096]) {
  test(`it knows again all of as many ids as there is room for sessions: ${room}`, () => {
    const doorkeeper = new Doorkeeper(room, Infinity)
    for (let round = 0; round < 5; round++) {
      const all = ids(room)
      for (const sid of all) doorkeeper.knows(sid)
      assert.ok(all.every((sid) => doorkeeper.knows(sid)))
    }
  })
}

test('ids that come again and again stay known, however many strangers come between', () => {
  const doorkeeper = new Doorkeeper(400, Infinity)
  const hot = ids(100)
  for (const sid of hot) doorkeeper.knows(sid)
  for (let round = 0; round < 200; round++) {
    for (const sid of ids(100)) doorkeeper.knows(sid)
    assert.ok(hot.every((sid) => doorkeeper.knows(sid)))
  }
})

test('it forgets what was asked for long ago, and takes few strangers for others', () => {
  const doorkeeper = new Doorkeeper(256, Infinity)
  const old = ids(100)
  for (const sid of old) doorkeeper.knows(sid)
  // Two full tables take 0.5 % for known: 20, with a deviation of 4.5.
  assert.ok(ids(4000).filter((sid) => doorkeeper.knows(sid)).length < 60)
  assert.ok(old.filter((sid) => doorkeeper.knows(sid)).length < 10)
})

test('its memory has a bound, whatever the room', () => {
  const sizes = [[1, 1], [1000, Infinity], [Infinity, 64 * 2 ** 20], [Infinity, Infinity]].map(([max, maxBytes]) => (
    new Doorkeeper(max, maxBytes).young.byteLength
  ))
  assert.deepEqual(sizes, [4, 2048, 2 ** 19, 2 ** 19])
})
