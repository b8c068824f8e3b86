'use strict'

// Ids are not in the file. References name sessions, and open none.

const assert = require('node:assert/strict')
const { createHash } = require('node:crypto')
const fs = require('node:fs')
const { test } = require('node:test')
const { needsBinary } = require('../helpers/binary')

if (needsBinary.skip) return test('references', needsBinary)

const session = require('../..')
const Keyring = require('../../lib/cookie/keyring')
const { ask, toArray, until } = require('../helpers/calls')
const { serve } = require('../helpers/server')
const { newFile } = require('../engines/sqlite')

const SID = 'AAAABBBBCCCCDDDDabcdefgh0123-_xy'
const REF = 'ref:' + createHash('sha256').update(SID).digest('hex')

function newStore (t, options) {
  const store = new session.SQLiteStore({ file: newFile(), ...options })
  t.after(() => store.close())
  return store
}

test('the file contains no id, in any form', async t => {
  const file = newFile()
  const store = newStore(t, { file })
  await ask(store, 'set', SID, { cookie: {}, user: 'ann' })
  await ask(store, 'destroy', SID)
  await ask(store, 'set', SID, { cookie: {}, user: 'ann' })
  const bytes = Buffer.concat(['', '-wal', '-shm'].map(end => fs.readFileSync(file + end)))
  assert.ok(bytes.includes('ann'))
  for (const form of [SID, Buffer.from(SID, 'base64url'), Buffer.from(SID, 'utf16le')]) assert.ok(!bytes.includes(form))
})

test('all, ids, keys, iteration, events and dispose give references', async t => {
  const disposed = []
  const store = newStore(t, { dispose: (reference, text) => disposed.push([reference, JSON.parse(text).user]) })
  const heard = []
  store.on('destroyed', reference => heard.push(reference))
  await ask(store, 'set', SID, { cookie: {}, user: 'ann' })
  assert.deepEqual(await ask(store, 'ids'), [REF])
  assert.deepEqual(Object.keys(await ask(store, 'all')), [REF])
  assert.deepEqual(await toArray(store.keys()), [REF])
  assert.deepEqual((await toArray(store)).map(([reference, { user }]) => [reference, user]), [[REF, 'ann']])
  await ask(store, 'destroy', SID)
  assert.deepEqual(disposed, [[REF, 'ann']])
  await until(() => heard.length > 0)
  assert.deepEqual(heard, [REF])
})

test('get, set, touch and destroy take references', async t => {
  const store = newStore(t)
  await ask(store, 'set', SID, { cookie: {}, n: 1 })
  assert.equal((await ask(store, 'get', REF)).n, 1)
  await ask(store, 'set', REF, { cookie: {}, n: 2 })
  await ask(store, 'touch', REF, { cookie: { path: '/x' } })
  assert.deepEqual(await ask(store, 'get', SID), { cookie: { path: '/x' }, n: 2 })
  assert.equal(await ask(store, 'length'), 1)
  await ask(store, 'destroy', REF)
  assert.equal(await ask(store, 'get', SID), undefined)
})

const ways = {
  'the fast path': {},
  'get is replaced': { replaced: true },
  'a serializer': { options: { serializer: { parse: text => JSON.parse(text), stringify: value => JSON.stringify(value) } } },
  dispose: { options: { dispose () {} } }
}
for (const [way, { options, replaced }] of Object.entries(ways)) {
  test(`a cookie that names a reference opens nothing (${way})`, async t => {
    const store = newStore(t, options)
    if (replaced) store.get = function (...args) { return session.SQLiteStore.prototype.get.apply(this, args) }
    await ask(store, 'set', SID, { cookie: {}, user: 'ann' })
    const middleware = session({ secret: 'keyboard cat', resave: false, saveUninitialized: false, store })
    const server = await serve(t, middleware, (req, res) => res.end(`${req.session.user} ${req.sessionID.startsWith('ref:')}`))
    const keyring = new Keyring('connect.sid', ['keyboard cat'])
    const get = async sid => (await server.get('/', { cookie: `connect.sid=${keyring.seal(sid)}` })).body
    assert.equal(await get(SID), 'ann false')
    assert.equal(await get(REF), 'undefined false')
  })
}
