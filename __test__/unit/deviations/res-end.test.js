'use strict'

// res.end where upstream loses a callback or the response. The differential suite has its overloads.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { turns } = require('../../helpers/calls')
const { serve } = require('../../helpers/server')
const { kinds } = require('../../helpers/stores')
const { deviation, middleware } = require('../../helpers/subject')

for (const [kind, makeStore] of Object.entries(kinds)) {
  deviation(`A second res.end sends nothing, calls its callback and returns res (${kind})`, async t => {
    let second
    const called = []
    const app = await serve(t, middleware({ store: makeStore() }), (req, res) => {
      req.session.a = 1
      res.end('first', () => called.push('first'))
      second = res.end(() => called.push('second')) === res && res.end() === res
      res.on('close', () => called.push('close'))
    })
    const res = await app.get('/')
    await turns()
    assert.equal(res.body, 'first')
    assert.equal(second, true)
    assert.deepEqual(called.filter(name => name !== 'close').sort(), ['first', 'second'])
  })

  deviation(`A res.end after the end gives its callback the error that Node gives (${kind})`, async t => {
    const told = []
    const app = await serve(t, middleware({ store: makeStore() }), (req, res) => {
      req.session.a = 1
      res.on('finish', () => setImmediate(() => res.end(err => told.push(err && err.code))))
      res.end('x')
    })
    await app.get('/')
    await turns()
    assert.deepEqual(told, ['ERR_STREAM_ALREADY_FINISHED'])
  })

  deviation(`A body that Node does not take makes res.end throw and leaves the response open (${kind})`, async t => {
    let code
    const app = await serve(t, middleware({ store: makeStore() }), (req, res) => {
      req.session.a = 1
      try {
        res.end({ not: 'a body' })
      } catch (err) {
        code = err.code
      }
      res.end('a body')
    })
    const res = await app.get('/')
    assert.equal(code, 'ERR_INVALID_ARG_TYPE')
    assert.equal(res.body, 'a body')
    assert.equal(res.setCookie.length, 1)
  })
}

test('A response is not ended again by a later res.end', async t => {
  const app = await serve(t, middleware(), (req, res) => {
    res.end('once')
    setImmediate(() => res.end())
  })
  assert.equal((await app.get('/')).body, 'once')
})
