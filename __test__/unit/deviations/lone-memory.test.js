'use strict'

// A warning, once, where the default store is that of one process among several.

const assert = require('node:assert/strict')
const cluster = require('node:cluster')
const { once } = require('node:events')
const path = require('node:path')
const { deviation } = require('../../helpers/subject')

const CODE = 'EXPRESS_SESSION_CLUSTER_MEMORY'

deviation('In a worker of a cluster, the default store in production warns once; any other way is silent', async t => {
  cluster.setupPrimary({ exec: path.join(__dirname, '../fixtures/cluster-worker.js'), silent: true })
  const worker = cluster.fork()
  t.after(() => worker.process.kill())
  const [warned] = await once(worker, 'message')
  const ours = Object.fromEntries(Object.entries(warned).map(([way, all]) => [way, all.filter(({ code }) => code === CODE)]))
  const counts = Object.fromEntries(Object.entries(ours).map(([way, all]) => [way, all.length]))
  assert.deepEqual(counts, { development: 0, test: 0, unset: 0, named: 0, shared: 0, production: 1, again: 0 })
  assert.match(ours.production[0].message, /each process has its own sessions.*SQLiteStore/)
  assert.equal(ours.production[0].name, 'SessionWarning')
})

deviation('In a process without a cluster, the default store in production is silent', async t => {
  const said = [t.mock.method(process, 'emitWarning', () => {}), t.mock.method(console, 'error', () => {}), t.mock.method(console, 'warn', () => {})]
  const { NODE_ENV } = process.env
  t.after(() => NODE_ENV === undefined ? delete process.env.NODE_ENV : Object.assign(process.env, { NODE_ENV }))
  process.env.NODE_ENV = 'production'
  delete require.cache[require.resolve(process.env.SESSION_PACKAGE || '../../..')] // express-session reads it once
  require(process.env.SESSION_PACKAGE || '../../..')({ secret: 's', resave: false, saveUninitialized: false })
  assert.deepEqual(said.map(each => each.mock.callCount()), [0, 0, 0])
})
