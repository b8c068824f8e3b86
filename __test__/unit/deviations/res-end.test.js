'use strict'

// res.end in all its overloads.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { turns } = require('../../helpers/calls')
const { serve } = require('../../helpers/server')
const { kinds } = require('../../helpers/stores')
const { deviation, middleware } = require('../../helpers/subject')

const BODIES = {
  'a text': ['hello'],
  'a text and its encoding': ['68656c6c6f', 'hex'],
  'a Buffer': [Buffer.from('hello')],
  'a Uint8Array': [new Uint8Array(Buffer.from('hello'))],
  'a Buffer and an encoding': [Buffer.from('hello'), 'utf8'],
  nothing: [],
  null: [null],
  undefined: [undefined, undefined]
}

for (const [kind, makeStore] of Object.entries(kinds)) {
  const atOnce = kind === 'a store that answers at once' // upstream loses the least there

  for (const [what, args] of Object.entries(BODIES)) {
    const define = atOnce && args.length < 2 ? test : deviation
    define(`res.end with ${what} calls its callback once and returns res (${kind})`, async t => {
      let called = 0
      let returned
      let own
      const app = await serve(t, middleware({ store: makeStore() }), (req, res) => {
        own = res
        req.session.a = 1
        returned = res.end(...args, () => { called++ })
      })
      const res = await app.get('/')
      await turns()
      assert.equal(res.body, args[0] ? 'hello' : '')
      assert.equal(res.setCookie.length, 1)
      assert.equal(called, 1)
      assert.equal(returned, own)
      assert.deepEqual(app.errors, [])
    })
  }

  const define = atOnce ? test : deviation
  define(`res.end returns res with and without a session (${kind})`, async t => {
    const same = []
    const app = await serve(t, middleware({ store: makeStore(), saveUninitialized: false }), (req, res) => {
      if (req.url === '/change') req.session.a = Math.random()
      if (req.url === '/none') req.session = null
      same.push(res.end('x') === res)
    })
    const browser = app.browser()
    for (const path of ['/', '/change', '/', '/change', '/none']) await browser.get(path)
    assert.deepEqual(same, [true, true, true, true, true])
  })

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
