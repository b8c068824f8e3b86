'use strict'

// The touch of a request costs no statement: what others have done to the session meanwhile, it does not see.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { needsBinary } = require('../helpers/binary')

if (needsBinary.skip) return test('touches of SQLite', needsBinary)

const session = require('../..')
const { ask } = require('../helpers/calls')
const { serve } = require('../helpers/server')
const { newFile } = require('../engines/sqlite')

test('a request touches without asking the file; store.touch asks', async t => {
  const file = newFile()
  const [store, other] = [1, 2].map(() => new session.SQLiteStore({ file }))
  t.after(() => { store.close(); other.close() })
  const middleware = session({
    secret: 's', resave: false, saveUninitialized: false, touchAfter: false, cookie: { maxAge: 3_600_000 }, store
  })
  const app = await serve(t, middleware, async (req, res) => {
    if (req.url === '/login') req.session.n = 1
    if (req.url === '/gone') await ask(other, 'destroy', req.sessionID)
    res.end(req.sessionID)
  })
  const browser = app.browser()
  await browser.get('/login')
  const { body: sid } = await browser.get('/gone')
  assert.equal(await ask(other, 'get', sid), undefined)
  assert.equal(store.stats().touches, 1, 'it has not seen that the session is gone')
  await ask(store, 'touch', sid, { cookie: { maxAge: 3_600_000 } })
  assert.equal(store.stats().touches, 1, 'this one has')
})
