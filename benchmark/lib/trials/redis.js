'use strict'

const { createClient } = require('redis')
const { makeClients } = require('../clients')
const { configured, installAsExpressSession, native, upstream } = require('../contestants')
const { drive, slicer } = require('../drive')
const { IN_FLIGHT } = require('../requests')
const { fillStore, storeCalls } = require('../store-calls')

module.exports = redis

const USERS = 100
const SLICE = 100
/** For V8 to have optimised what a request takes: 30,000 requests and more, as in the trials without a server. */
const WARM_UP = 1500

/**
 * Requests through a middleware on connect-redis, or, for `store`, its calls alone. `beside`: this package
 * is installed beside express-session, whose Store connect-redis then inherits.
 */
async function redis ({ contestant, kind, port }) {
  if (contestant === 'ours') installAsExpressSession()
  const { RedisStore } = require('connect-redis')
  const client = createClient({ url: `redis://127.0.0.1:${port}` })
  await client.connect()
  const store = new RedisStore({ client, prefix: `${contestant}-${kind}:` })

  if (contestant === 'store') {
    const exchange = storeCalls(kind, store, await fillStore(store, USERS))
    return slicer(() => drive(exchange, SLICE, IN_FLIGHT), SLICE, { warmUp: WARM_UP })
  }

  const session = contestant === 'upstream' ? upstream() : native()
  const send = await makeClients(configured(session, store), kind, { users: USERS })
  return slicer(() => send(SLICE), SLICE, { warmUp: WARM_UP })
}
