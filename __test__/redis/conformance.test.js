'use strict'

// The contract of all engines, kept by RedisStore on a real server.

const assert = require('node:assert/strict')
const { after, before, test } = require('node:test')
const Redis = require('ioredis-5')
const { createClient } = require('redis-5')
const { engines } = require('../engines')
const { missing, startRedis } = require('./servers')
const { redisSubject } = require('./subjects')
const without = require('./without')

let nodeRedis
let ioredis
let server

before(async () => {
  if (missing) return
  server = await startRedis()
  nodeRedis = await createClient({ socket: { port: server.port } }).connect()
  ioredis = new Redis(server.port)
})
after(async () => {
  nodeRedis?.destroy()
  ioredis?.disconnect()
  await server?.kill()
})

engines.splice(0, engines.length,
  redisSubject('redis', () => nodeRedis),
  redisSubject('redis, near cached', () => nodeRedis, { nearCache: true }),
  redisSubject('ioredis, near cached', () => ioredis, { nearCache: true })
)
for (const file of ['contract', 'revisions', 'store', 'middleware', 'model']) require(`../engines/${file}.test.js`)

test('every title in without.js is that of a test', () => {
  assert.deepEqual([...without.unseen], [])
})
