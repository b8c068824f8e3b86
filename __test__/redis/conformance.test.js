'use strict'

// The contract of all engines, kept by RedisStore on a real server.

const assert = require('node:assert/strict')
const { after, before, test } = require('node:test')
const { createClient } = require('redis-5')
const { engines } = require('../engines')
const { missing, startRedis } = require('./servers')
const { redisSubject } = require('./subjects')
const without = require('./without')

let client
let server

before(async () => {
  if (missing) return
  server = await startRedis()
  client = await createClient({ socket: { port: server.port } }).connect()
})
after(async () => {
  client?.destroy()
  await server?.kill()
})

engines.splice(0, engines.length, redisSubject('redis', () => client))
for (const file of ['contract', 'revisions', 'store', 'middleware', 'model']) require(`../engines/${file}.test.js`)

test('every title in without.js is that of a test', () => {
  assert.deepEqual([...without.unseen], [])
})
