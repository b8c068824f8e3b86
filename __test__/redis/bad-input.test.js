'use strict'

// What is wrong with options, clients and values is said where it is seen, by name, and never with a session's content.

const assert = require('node:assert/strict')
const { after, before, test } = require('node:test')
const { RedisStore, Cookie } = require('../..')
const { app, pages } = require('../engines/app')
const { clientsOf, names } = require('./clients')
const { missing, startRedis } = require('./servers')

let server
before(async () => { if (!missing) server = await startRedis() })
after(() => server?.kill())

const session = n => ({ cookie: new Cookie({ maxAge: 60_000 }), n })
const on = () => {}
const looksLikeClient = { isOpen: true, sendCommand () {}, on, off: on }

for (const name of names) {
  const check = (title, run) => test(`${name}: ${title}`, { skip: missing }, run)
  const isNode = name.startsWith('redis')

  check('a transaction or pipeline is no client', async t => {
    const client = await clientsOf(name).single(t, server.port)
    const others = isNode ? [client.multi(), client.legacy?.()] : [client.multi(), client.pipeline()]
    for (const other of others.filter(Boolean)) assert.throws(() => new RedisStore({ client: other }), /^TypeError: client option/)
  })

  check('a closed client', async t => {
    const client = await clientsOf(name).single(t, server.port)
    const store = new RedisStore({ client })
    if (isNode) client.destroy()
    else client.disconnect()
    await new Promise(resolve => setTimeout(resolve, 50))
    for (const call of [() => store.get('a'), () => store.set('a', session(1)), () => store.destroy('a'), () => store.length()]) {
      await assert.rejects(async () => await call(), { code: 'ERR_SESSION_CLIENT', message: /client of RedisStore is closed: / })
    }
    if (!isNode) assert.throws(() => new RedisStore({ client }), /client option of RedisStore is closed/)
  })

  check('a client that is in the middle of MULTI', async t => {
    const client = await clientsOf(name).single(t, server.port)
    const store = new RedisStore({ client, prefix: 'multi:' })
    await store.set('a', session(1))
    await (isNode ? client.sendCommand(['MULTI']) : client.multi({ pipeline: false }))
    for (const call of [() => store.get('a'), () => store.set('a', session(2)), () => store.destroy('a'), () => store.length()]) {
      await assert.rejects(async () => await call(), { code: 'ERR_SESSION_CLIENT', message: /in the middle of MULTI/ })
    }
    await (isNode ? client.sendCommand(['DISCARD']) : client.discard())
    assert.equal((await store.get('a')).n, 1)
  })

  check('a client that is subscribed to channels', async t => {
    const client = await clientsOf(name).single(t, server.port, name === 'redis 6' ? { RESP: 2 } : name === 'ioredis 6' ? { protocol: 2 } : {})
    const store = new RedisStore({ client })
    await (isNode ? client.subscribe('news', on) : client.subscribe('news'))
    await assert.rejects(async () => await store.get('a'), { code: 'ERR_SESSION_CLIENT', message: /subscribed to channels/ })
  })

  check('a value that is no session: an error with the prefix and what to do, and other sessions go on', async t => {
    const client = await clientsOf(name).single(t, server.port)
    const prefix = `foreign ${name}:`
    const raw = (...args) => isNode ? client.sendCommand(args) : client.call(...args)
    const subject = { store: (t, options) => new RedisStore({ client, prefix, ...options }) }
    const { browser, errors, store } = await app(subject, t, pages)
    const [ann, bob] = [browser(), browser()]
    await ann.get('/count')
    const [sid] = await store.ids()
    await bob.get('/count')

    for (const [write, code] of [
      [['HSET', prefix + sid, 'secret', 'secret'], 'ERR_SESSION_FOREIGN_VALUE'],
      [['RPUSH', prefix + sid, 'secret'], 'ERR_SESSION_FOREIGN_VALUE'],
      [['SADD', prefix + sid, 'secret'], 'ERR_SESSION_FOREIGN_VALUE'],
      [['SET', prefix + sid, 'secret garbage'], undefined],
      [['SET', prefix + sid, '{"secret":1}'], undefined],
      [['SET', prefix + sid, '{"cookie":null,"secret":1}'], undefined]
    ]) {
      await raw('DEL', prefix + sid)
      await raw(...write)
      const { status, body } = await ann.get('/count')
      assert.equal(status, 500)
      const err = errors.pop()
      assert.equal(err.code, code)
      assert.ok(body.includes(JSON.stringify(prefix)), body)
      assert.match(body, /a prefix of its own|delete such keys/)
      assert.doesNotMatch(body + require('node:util').inspect(err), new RegExp(`secret|${sid}`))
      assert.match((await bob.get('/read')).body, /"views"/)
    }
    assert.deepEqual(errors, [])
    store.close()
  })

  check('what the server refuses is an error that does not hold the session', async t => {
    const client = await clientsOf(name).single(t, server.port)
    const store = new RedisStore({ client, prefix: `full ${name}:` })
    await server.talk('CONFIG', 'SET', 'maxmemory', '1mb')
    t.after(() => server.talk('CONFIG', 'SET', 'maxmemory', '0'))
    await assert.rejects(async () => await store.set('a', { ...session(1), name: 'secret-name' }), err => {
      assert.match(err.message, /OOM/)
      assert.doesNotMatch(require('node:util').inspect(err, { depth: 9 }), /secret/)
      return true
    })
    await server.talk('CONFIG', 'SET', 'maxmemory', '0')
    await store.set('a', session(2))
    assert.equal((await store.get('a')).n, 2)
  })
}

for (const name of names) {
  test(`${name}: touch where scripts are not allowed, and where the memory is full`, { skip: missing }, async t => {
    const own = await startRedis()
    t.after(() => own.kill())
    const ttl = async () => Number(/:(-?\d+)/.exec(await own.talk('PTTL', 'sess:a'))[1])
    await own.talk('ACL', 'SETUSER', 'limited', 'on', '>secret', '~*', '&*', '+@all', '-@scripting')
    for (const [user, during] of [[{ username: 'limited', password: 'secret' }], [{}, ['CONFIG', 'SET', 'maxmemory', '1']]]) {
      const store = new RedisStore({ client: await clientsOf(name).single(t, own.port, user) })
      t.after(() => store.close())
      await store.set('a', session(1))
      if (during) await own.talk(...during)
      for (let n = 2; n < 4; n++) {
        await store.touch('a', { cookie: new Cookie({ maxAge: n * 60_000 }) })
        assert.ok(await ttl() > (n - 1) * 60_000)
      }
      assert.equal((await store.get('a')).n, 1)
    }
  })
}

test('events that Redis does not tell are refused', () => {
  const store = new RedisStore({ client: looksLikeClient })
  for (const event of ['expired', 'evicted', 'destroyed']) assert.throws(() => store.on(event, () => {}), /RedisStore has none of the events/)
  store.on('connect', () => {})
})
