'use strict'

// RedisStore's callbacks run in the async context of their call, whatever calls them.

const assert = require('node:assert/strict')
const { AsyncLocalStorage } = require('node:async_hooks')
const { test } = require('node:test')
const { atOneMoment } = require('../helpers/steady-clock')
const { RedisStore } = require('../..')

const users = new AsyncLocalStorage()

/** A client that answers when it is told to. */
function makeClient () {
  const answers = []
  const client = { isOpen: true, isReady: true, on () {}, off () {} }
  client.sendCommand = () => new Promise(resolve => answers.push(resolve))
  return { client, answers }
}

/** Reads the session at once for each user. Gives the users that the callbacks saw. */
function readFor (store, names) {
  return Promise.all(names.map(name => new Promise(resolve => {
    users.run(name, () => store.get('a', err => resolve([users.getStore(), err?.code])))
  })))
}

test('reads that share a command', async () => {
  const { client, answers } = makeClient()
  const store = new RedisStore({ client })
  const seen = atOneMoment(() => readFor(store, ['ann', 'bob']))
  assert.equal(answers.length, 1)
  answers[0](null)
  assert.deepEqual(await seen, [['ann', undefined], ['bob', undefined]])
  store.close()
})

test('commands that take too long', async () => {
  const { client } = makeClient()
  const store = new RedisStore({ client, storeTimeout: 20 })
  const late = setTimeout(() => {}, 60_000) // the store's timer does not keep the process alive
  const code = 'ERR_SESSION_STORE_TIMEOUT'
  for (const names of [['ann', 'bob'], ['cleo']]) {
    assert.deepEqual(await readFor(store, names), names.map(name => [name, code]))
  }
  clearTimeout(late)
  store.close()
})
