'use strict'

// The `protect` option says which sessions are those of users who have signed in.

const assert = require('node:assert/strict')
const { conform } = require('.')
const { app, pages } = require('./app')

const call = (store, method, ...args) => new Promise((resolve, reject) => {
  store[method](...args, (err, value) => err ? reject(err) : resolve(value))
})

/** Whether a session outlives others that came later, with clients that came back and others that did not. */
async function isProtected (subject, t, data, options) {
  const store = subject.store(t, { max: 20, ...options })
  await call(store, 'set', 'a', { cookie: {}, ...data })
  for (let n = 0; n < 100; n++) {
    await call(store, 'set', 'other' + n, { cookie: {} })
    await call(store, 'get', 'other' + n)
    await call(store, 'set', 'new' + n, { cookie: {} })
  }
  return await call(store, 'get', 'a') !== undefined
}

conform('by default sessions with a user are protected, however they were stored', async (subject, t) => {
  for (const data of [{ user: 'ann' }, { user: 0 }, { user: { id: 1 } }, { passport: { user: 1 } }]) {
    assert.ok(await isProtected(subject, t, data), JSON.stringify(data))
  }
  const others = [{}, { user: null }, { user: false }, { user: '' }, { passport: {} }, { passport: null }, { passport: 'x' }, { name: 1 }]
  for (const data of others) assert.ok(!await isProtected(subject, t, data), JSON.stringify(data))
})

conform('protect takes the place of the default', async (subject, t) => {
  const protect = session => session.account !== undefined
  assert.ok(await isProtected(subject, t, { account: 1 }, { protect }))
  assert.ok(!await isProtected(subject, t, { user: 'ann' }, { protect }))
  assert.ok(!await isProtected(subject, t, { user: 'ann' }, { protect: () => false }))
})

conform('protect is asked with other serializers too, and by the property "sessions"', async (subject, t) => {
  const serializer = { stringify: session => '!' + JSON.stringify(session), parse: text => JSON.parse(text.slice(1)) }
  assert.ok(await isProtected(subject, t, { user: 'ann' }, { serializer }))
})

conform('what protect throws goes to the callback, and nothing is stored', async (subject, t) => {
  const err = new Error('of the app')
  const protect = session => {
    if (session.bad) throw err
  }
  const store = subject.store(t, { protect })
  await call(store, 'set', 'a', { cookie: {}, n: 1 })
  await assert.rejects(call(store, 'set', 'a', { cookie: {}, bad: true }), err)
  assert.equal((await call(store, 'get', 'a')).n, 1)
})

conform('a protect that gives a promise is an error: every session would be protected', async (subject, t) => {
  for (const protect of [async () => false, async () => { throw new Error('of the app') }]) {
    const store = subject.store(t, { protect })
    await assert.rejects(call(store, 'set', 'a', { cookie: {} }), { name: 'TypeError', message: 'protect option must return a boolean, not a promise' })
    assert.equal(await call(store, 'length'), 0)
  }
})

conform('what protect throws reaches the app of a request, and the process goes on', async (subject, t) => {
  const protect = session => {
    if (session.user === 'bad') throw new Error('of the app')
  }
  const told = []
  const handlers = {
    ...pages,
    '/bad' (req, res) {
      req.session.user = 'bad'
      req.session.save(err => {
        told.push(err.message)
        req.session.user = 'good'
        res.end('done')
      })
    }
  }
  const { browser } = await app(subject, t, handlers, { store: { protect } })
  const user = browser()
  assert.equal((await user.get('/bad')).body, 'done')
  assert.deepEqual(told, ['of the app'])
  assert.equal((await user.get('/read')).body, '{"user":"good"}')
})
