'use strict'

const util = require('node:util')
const { spy } = require('../../helpers/spy')
const describe = require('./describe')

// Stores that write down what is done to them.
//
// { kind: 'default' }            no `store` option
// { kind: 'memory' }             a MemoryStore of the package under test, untouched: the fast path
// { kind: 'recorded' }           the same with get, set, touch, destroy replaced on the instance
// { kind: 'custom',              a Map behind a subclass of Store
//   mode: sync | tick | immediate | delayed      when it calls back
//   base: class | inherits | noctor | proto      how it inherits
//   foreign: true                               from the other package's Store
//   touch: false                                it has no touch
//   expires: true                               get looks at cookie.expires
//   twice: ['set']                              these call back twice
//   fail: { set: [{ at: 2, code, message, how }] } }
// `how` is 'callback' (default), 'throw' or 'never'; `at` counts calls from 1, 0 is every call.

const METHODS = ['get', 'set', 'touch', 'destroy']

function failure (world, spec, method, counts) {
  counts[method] = (counts[method] || 0) + 1
  const planned = (world.failures[method] || []).concat((spec.fail && spec.fail[method]) || [])
  const hit = planned.find((f) => !f.at || f.at === counts[method])
  if (!hit) return null
  const err = new Error(hit.message || `${method} failed`)
  if (hit.code) err.code = hit.code
  return { err, how: hit.how || 'callback' }
}

function watch (world, target, method, store) {
  world.onClose(spy(target, method, (self, args) => {
    world.log(`store.${method}`, self === store ? 'this' : 'other this', ...args.map((a) => describe.argument(a, world)))
    return {
      asked: () => world.begin(),
      answered (results) {
        world.log(`store.${method} calls back`, ...results.map((r) => (r instanceof Error ? describe.error(r) : describe.json(r))))
      },
      done: () => world.end(),
      threw: (err) => world.log(`store.${method} threw`, describe.error(err))
    }
  }))
}

// A delay that is the same in every run: so many turns of the event loop.
function later (turns, fn) {
  setImmediate(() => (turns > 1 ? later(turns - 1, fn) : fn()))
}

function deliver (world, mode, fn) {
  switch (mode) {
    case 'sync':
      return fn()
    case 'tick':
      return process.nextTick(fn)
    case 'delayed':
      return later(15, fn)
    case 'promise':
      Promise.resolve().then(fn)
      return
    default:
      return setImmediate(fn)
  }
}

function customStore (world, spec) {
  const Base = spec.foreign ? world.foreign.Store : world.lib.Store
  const backing = (world.backing = new Map())
  const counts = {}

  const methods = {
    get (sid) {
      const text = backing.get(sid)
      if (text === undefined) return spec.nullish === 'null' ? null : undefined
      const sess = JSON.parse(text)
      const expires = sess && sess.cookie && sess.cookie.expires
      if (spec.expires && expires && new Date(expires) <= Date.now()) return undefined
      return sess
    },
    set (sid, sess) {
      backing.set(sid, JSON.stringify(sess))
    },
    touch (sid, sess) {
      const text = backing.get(sid)
      if (text === undefined) return
      const current = JSON.parse(text)
      current.cookie = sess.cookie
      backing.set(sid, JSON.stringify(current))
    },
    destroy (sid) {
      backing.delete(sid)
    },
    all () {
      const out = Object.create(null)
      for (const [sid, text] of backing) out[sid] = JSON.parse(text)
      return out
    },
    length () {
      return backing.size
    },
    clear () {
      backing.clear()
    }
  }
  if (spec.touch === false) delete methods.touch

  function wire (name) {
    const body = methods[name]
    return function (...args) {
      const cb = args.findLast((a) => typeof a === 'function')
      const what = args.filter((a) => a !== cb)
      world.log(`store.${name}`, ...args.map((a) => describe.argument(a, world)))
      const fail = METHODS.includes(name) ? failure(world, spec, name, counts) : null
      if (fail && fail.how === 'throw') throw fail.err
      const result = fail ? undefined : body(...what)
      if (fail && fail.how === 'never') return
      if (!cb) return
      world.begin()
      const answer = () => {
        world.log(`store.${name} calls back`, fail ? describe.error(fail.err) : describe.json(result))
        try {
          if (fail) cb(fail.err)
          else if (name === 'get' || name === 'all' || name === 'length') cb(null, result)
          else cb()
        } finally {
          world.end()
        }
        if (spec.twice && spec.twice.includes(name)) cb(fail ? fail.err : null, result)
      }
      deliver(world, spec.mode, answer)
    }
  }

  const wired = {}
  for (const name of Object.keys(methods)) wired[name] = wire(name)

  let store
  switch (spec.base || 'class') {
    case 'class': {
      class DiffStore extends Base {}
      Object.assign(DiffStore.prototype, wired)
      store = new DiffStore()
      break
    }
    case 'inherits': {
      const DiffStore = function () {
        Base.call(this)
      }
      util.inherits(DiffStore, Base)
      Object.assign(DiffStore.prototype, wired)
      store = new DiffStore()
      break
    }
    case 'noctor': {
      const DiffStore = function () {}
      util.inherits(DiffStore, Base)
      Object.assign(DiffStore.prototype, wired)
      store = new DiffStore()
      break
    }
    case 'proto': {
      const DiffStore = function () {
        Base.call(this)
      }
      // eslint-disable-next-line no-proto -- older stores inherit this way
      DiffStore.prototype.__proto__ = Base.prototype
      Object.assign(DiffStore.prototype, wired)
      store = new DiffStore()
      break
    }
    default:
      throw new Error(`base ${spec.base}`)
  }
  return store
}

// MemoryStore with a base other than `new`: subclasses of it are to be found in the wild, too.
function memoryStore (world, spec) {
  const { MemoryStore } = world.lib
  if (spec.base === 'class') {
    class Sub extends MemoryStore {}
    return new Sub()
  }
  if (spec.base === 'inherits') {
    const Sub = function () {
      MemoryStore.call(this)
    }
    util.inherits(Sub, MemoryStore)
    return new Sub()
  }
  return new MemoryStore()
}

function createStore (world, spec) {
  world.foreignStore = !!spec.foreign
  switch (spec.kind) {
    case 'default':
      return undefined
    case 'memory':
      return memoryStore(world, spec)
    case 'recorded': {
      const store = memoryStore(world, spec)
      world.rawAll = store.all
      for (const m of METHODS) watch(world, store, m, store)
      return store
    }
    case 'custom':
      return customStore(world, spec)
    default:
      throw new Error(`store ${spec.kind}`)
  }
}

// Is the package's own store used, with its own methods to begin with?
function isNative (scenario) {
  const { kind } = scenario.store
  return kind === 'default' || kind === 'memory'
}

module.exports = { createStore, isNative, watch, METHODS }
