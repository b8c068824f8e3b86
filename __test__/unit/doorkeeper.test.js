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

test('it knows an id again unless another one has taken its place', () => {
  const doorkeeper = new Doorkeeper(4096, Infinity)
  const all = ids(1024)
  for (const sid of all) doorkeeper.knows(sid)
  const known = all.filter((sid) => doorkeeper.knows(sid)).length
  // A quarter as many as there are places: e^-0.25 of them, 798 with a deviation of 13, are alone in theirs.
  assert.ok(known > 690 && known < 906, String(known))
})

test('it forgets what was asked for long ago, and takes strangers for strangers', () => {
  const doorkeeper = new Doorkeeper(256, Infinity)
  const old = ids(100)
  for (const sid of old) doorkeeper.knows(sid)
  assert.equal(ids(4000).filter((sid) => doorkeeper.knows(sid)).length, 0)
  assert.ok(old.filter((sid) => doorkeeper.knows(sid)).length < 10)
})

test('its memory has a bound, whatever the room', () => {
  const sizes = [[1, 1], [1000, Infinity], [Infinity, 64 * 2 ** 20], [Infinity, Infinity]].map(([max, maxBytes]) => (
    new Doorkeeper(max, maxBytes).hashes.byteLength
  ))
  assert.deepEqual(sizes, [4, 4096, 2 ** 20, 2 ** 20])
})
