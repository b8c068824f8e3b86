'use strict'

const assert = require('node:assert/strict')
const { IncomingMessage, ServerResponse } = require('node:http')
const v8 = require('node:v8')
const vm = require('node:vm')
const { describe, it } = require('node:test')
const { settleShapes } = require('../helpers/internals')

// After this, functions compiled anew know V8's own: %HasFastProperties is false of a dictionary.
v8.setFlagsFromString('--allow-natives-syntax')
const isFast = vm.runInThisContext('(object) => %HasFastProperties(object)')

const oldV8 = Number.parseInt(process.versions.v8, 10) < 13
const framework = Object.create(IncomingMessage.prototype)
const application = Object.create(framework)

/** What Express hands on. */
function exchangeOfExpress () {
  const req = new IncomingMessage()
  const res = new ServerResponse(req)
  Object.setPrototypeOf(req, application)
  Object.setPrototypeOf(res, Object.create(ServerResponse.prototype))
  req.params = { id: '1' }
  res.locals = {}
  return { req, res }
}

describe('the shape of requests and responses', () => {
  it('becomes a dictionary when a framework replaced the prototypes on an old V8', () => {
    const { req, res } = exchangeOfExpress()
    assert.deepEqual([isFast(req), isFast(res)], [true, true])
    settleShapes(req, res)
    assert.deepEqual([isFast(req), isFast(res)], [!oldV8, !oldV8])
  })

  it('is not changed elsewhere', () => {
    class Own extends IncomingMessage {}
    for (const req of [new IncomingMessage(), new Own(), { url: '/' }]) {
      const res = new ServerResponse({ method: 'GET' })
      settleShapes(req, res)
      assert.deepEqual([isFast(req), isFast(res)], [true, true])
    }
  })

  it('is not changed for proxies, whose traps would see it', () => {
    const trapped = []
    const seen = target => new Proxy(target, {
      set: (_, key) => trapped.push(key) > 0,
      deleteProperty: (_, key) => trapped.push(key) > 0
    })
    const { req, res } = exchangeOfExpress()
    settleShapes(seen(req), res)
    settleShapes(req, seen(res))
    assert.deepEqual(trapped, [])
    assert.equal(isFast(req), !oldV8, 'the other one settles')
  })

  it('is invisible to programs', () => {
    const { req, res } = exchangeOfExpress()
    Object.defineProperty(req, 'hidden', { value: 1, enumerable: false, writable: false, configurable: true })
    const before = [req, res].map(Object.getOwnPropertyDescriptors)
    const keys = [req, res].map(Reflect.ownKeys)
    const prototypes = [req, res].map(Object.getPrototypeOf)
    settleShapes(req, res)
    assert.deepEqual([req, res].map(Object.getOwnPropertyDescriptors), before)
    assert.deepEqual([req, res].map(Reflect.ownKeys), keys)
    assert.deepEqual([req, res].map(Object.getPrototypeOf), prototypes)
    assert.deepEqual([req, res].map(Object.isExtensible), [true, true])
  })
})
