'use strict'

const assert = require('node:assert/strict')
const { IncomingMessage } = require('node:http')
const v8 = require('node:v8')
const vm = require('node:vm')
const { describe, it } = require('node:test')
const { settleShape } = require('../../session/shape')

// After this, functions compiled anew know V8's own: %HasFastProperties is false of a dictionary.
v8.setFlagsFromString('--allow-natives-syntax')
const isFast = vm.runInThisContext('(object) => %HasFastProperties(object)')

const oldV8 = Number.parseInt(process.versions.v8, 10) < 13
const framework = Object.create(IncomingMessage.prototype)
const application = Object.create(framework)

/** A request as Express hands it on. */
function requestOfExpress () {
  const req = new IncomingMessage()
  Object.setPrototypeOf(req, application)
  req.params = { id: '1' }
  return req
}

describe('the shape of requests and responses', () => {
  it('becomes a dictionary where a framework has replaced the prototype, on V8 that shares no shapes then', () => {
    const req = requestOfExpress()
    assert.equal(isFast(req), true)
    settleShape(req)
    assert.equal(isFast(req), !oldV8)
  })

  it('stays what it is elsewhere', () => {
    class Own extends IncomingMessage {}
    for (const object of [new IncomingMessage(), new Own(), { url: '/' }]) {
      settleShape(object)
      assert.equal(isFast(object), true)
    }
  })

  it('shows in nothing that a program can see', () => {
    const req = requestOfExpress()
    Object.defineProperty(req, 'hidden', { value: 1, enumerable: false, writable: false, configurable: true })
    const before = Object.getOwnPropertyDescriptors(req)
    const keys = Reflect.ownKeys(req)
    settleShape(req)
    assert.deepEqual(Object.getOwnPropertyDescriptors(req), before)
    assert.deepEqual(Reflect.ownKeys(req), keys)
    assert.equal(Object.getPrototypeOf(req), application)
    assert.equal(Object.isExtensible(req), true)
  })
})
