'use strict'

const { test } = require('./harness/write')
const assert = require('node:assert')
const lib = require('./harness/lib')
const describe = require('./harness/describe')
const { revive } = require('./harness/values')

// Where the middleware is made: what throws, with what text.

const OK = { secret: 's', resave: false, saveUninitialized: false }

const CASES = {
  'no options': undefined,
  null: null,
  'good options': OK,
  'genid is a string': { ...OK, genid: 'x' },
  'genid is an object': { ...OK, genid: {} },
  'genid is true': { ...OK, genid: true },
  'genid is null': { ...OK, genid: null },
  'unset is unknown': { ...OK, unset: 'remove' },
  'unset is true': { ...OK, unset: true },
  'unset is a number': { ...OK, unset: 1 },
  'unset is destroy': { ...OK, unset: 'destroy' },
  'secret is an empty array': { ...OK, secret: [] },
  'secret is null': { ...OK, secret: null },
  'store is zero': { ...OK, store: 0 }
}

// What upstream trips over is refused in words (deviation).
const REFUSED = {
  'store is an object': [{ ...OK, store: {} }, 'store.on is not a function; the store option must be a session store'],
  'store is a string': [{ ...OK, store: 'redis' }, 'store.on is not a function; the store option must be a session store'],
  'store is a function': [{ ...OK, store: { $function: 1 } }, 'store.on is not a function; the store option must be a session store'],
  'store is a number': [{ ...OK, store: 5 }, 'store.on is not a function; the store option must be a session store']
}

function outcome ({ session }, options) {
  try {
    const middleware = session(options)
    return { type: typeof middleware, name: middleware.name, length: middleware.length }
  } catch (err) {
    return { refused: describe.error(err) }
  }
}

for (const name of Object.keys(CASES)) {
  test(`made with ${name}`, () => {
    const options = () => revive(CASES[name], null)
    assert.deepStrictEqual(outcome(lib.ours, options()), outcome(lib.upstream, options()))
  })
}

for (const name of Object.keys(REFUSED)) {
  test(`refused: ${name}`, () => {
    const [given, message] = REFUSED[name]
    const theirs = outcome(lib.upstream, revive(given, null))
    assert.strictEqual(theirs.refused.name, 'TypeError')
    const ours = outcome(lib.ours, revive(given, null))
    assert.deepStrictEqual(ours, process.env.DIFF_STRICT ? theirs : { refused: { name: 'TypeError', message } })
  })
}

test('options are not changed', () => {
  const made = (session) => {
    const options = { ...OK, cookie: { maxAge: 1000, secure: 'auto' }, secret: ['a', 'b'] }
    const before = JSON.stringify(options)
    session(options)
    return JSON.stringify(options) === before
  }
  assert.strictEqual(made(lib.ours.session), made(lib.upstream.session))
})

// What the package is made of.

function shape (value, depth = 0) {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return typeof value
  const out = { type: typeof value, class: /^class/.test(Function.prototype.toString.call(value)) }
  if (typeof value === 'function') out.length = value.length
  if (depth > 1) return out
  out.keys = {}
  for (const k of Object.keys(value)) {
    const d = Object.getOwnPropertyDescriptor(value, k)
    out.keys[k] = d.get || d.set ? { get: !!d.get, set: !!d.set } : shape(d.value, depth + 1)
  }
  return out
}

function prototypeOf (ctor) {
  const out = {}
  for (const k of Object.getOwnPropertyNames(ctor.prototype)) {
    if (k === 'constructor') continue
    const d = Object.getOwnPropertyDescriptor(ctor.prototype, k)
    out[k] =
      d.get || d.set
        ? { get: !!d.get, set: !!d.set, enumerable: d.enumerable, configurable: d.configurable }
        : { type: typeof d.value, length: d.value.length, enumerable: d.enumerable, configurable: d.configurable, writable: d.writable }
  }
  return out
}

// Ours may have more, but what upstream has, ours has to have.
function holds (whole, part, path) {
  for (const k of Object.keys(part)) {
    assert.ok(k in whole, `${path}.${k} is missing`)
    if (part[k] && typeof part[k] === 'object') holds(whole[k], part[k], `${path}.${k}`)
    else assert.deepStrictEqual(whole[k], part[k], `${path}.${k}`)
  }
}

test('the exports', () => {
  const [a, b] = [lib.ours.session, lib.upstream.session].map((s) => ({ name: s.name, length: s.length, ...shape(s) }))
  holds(a, b, 'exports')
})

for (const name of ['Store', 'MemoryStore', 'Session', 'Cookie']) {
  test(`${name}.prototype`, () => {
    const ours = lib.ours[name]
    const theirs = lib.upstream[name]
    holds(prototypeOf(ours), prototypeOf(theirs), `${name}.prototype`)
    assert.strictEqual(ours.name, theirs.name)
    assert.doesNotMatch(Function.prototype.toString.call(ours), /^class/)
    assert.ok(Object.isExtensible(ours.prototype))
  })
}

test('what a Store inherits', () => {
  const chain = (C) => {
    const names = []
    for (let p = C.prototype; p; p = Object.getPrototypeOf(p)) names.push(p.constructor && p.constructor.name)
    return names
  }
  assert.deepStrictEqual(chain(lib.ours.Store), chain(lib.upstream.Store))
  assert.deepStrictEqual(chain(lib.ours.MemoryStore), chain(lib.upstream.MemoryStore))
})

// Cookie by itself: options in, values out.

const COOKIES = [
  undefined,
  null,
  {},
  { maxAge: 1000 },
  { maxAge: null },
  { maxAge: 0 },
  { maxAge: -5 },
  { maxAge: '5' },
  { maxAge: true },
  { maxAge: { $nan: 1 } },
  { maxAge: { $date: 1000 } },
  { maxAge: 1.5 },
  { maxAge: {} },
  { maxAge: { $bigint: '5' } },
  { expires: { $date: 1000 } },
  { expires: 'soon' },
  { expires: null },
  { expires: false },
  { expires: 5 },
  { expires: { $invalidDate: 1 } },
  { expires: { $date: 1000 }, maxAge: 5000 },
  { maxAge: 5000, expires: { $date: 1000 } },
  { originalMaxAge: 7 },
  { originalMaxAge: null, maxAge: 4 },
  { originalMaxAge: 7, maxAge: 4 },
  { maxAge: 4, originalMaxAge: 7 },
  { path: '/x' },
  { path: null },
  { domain: 'a.b' },
  { httpOnly: false },
  { secure: 'auto' },
  { sameSite: 'auto' },
  { partitioned: true, priority: 'low' },
  { data: 'x' },
  { _expires: { $date: 9000 } },
  { unknown: 1 },
  { toJSON: 1 },
  { serialize: 'x' },
  { $proto: '{"__proto__":{"path":"/inherited","maxAge":5}}' },
  'string',
  5,
  true,
  [],
  ['a'],
  { $function: 1 },
  { $symbol: 's' },
  { $date: 5 }
]

function cookieOutcome ({ Cookie }, options) {
  const clock = require('./harness/clock')
  clock.freeze()
  try {
    const c = new Cookie(options)
    const see = () => ({ own: Object.keys(c).join(), ...describe.cookie(c, { foreignStore: true }) })
    const out = [see()]
    for (const change of [
      (x) => (x.maxAge = 60000),
      (x) => (x.expires = new Date(Date.now() + 5)),
      (x) => (x.expires = null),
      (x) => (x.maxAge = null),
      (x) => (x.maxAge = 'bad'),
      (x) => (x.originalMaxAge = 3),
      (x) => (x.expires = false),
      (x) => (x.maxAge = new Date(Date.now() + 9)),
      (x) => (x._expires = new Date(Date.now() + 77))
    ]) {
      out.push(describe.attempt(() => change(c)))
      out.push(see())
    }
    clock.advance(30000)
    out.push(see())
    out.push(describe.attempt(() => c.serialize('name', 'välue')))
    out.push(describe.attempt(() => c.serialize('bad name', 'x')))
    return JSON.parse(JSON.stringify(out))
  } catch (err) {
    return { refused: describe.error(err) }
  } finally {
    clock.release()
  }
}

COOKIES.forEach((c, i) => {
  test(`new Cookie #${i}: ${JSON.stringify(c)}`, () => {
    const get = () => revive(c, null)
    assert.deepStrictEqual(cookieOutcome(lib.ours, get()), cookieOutcome(lib.upstream, get()))
  })
})

// Session by itself.

const DATA = [
  undefined,
  null,
  'text',
  5,
  {},
  { a: 1 },
  { $proto: '{"__proto__":{"x":1},"a":1}' },
  { save: 1, id: 'no', req: 'no', touch: 2, cookie: { maxAge: 1 }, regenerate: null },
  { constructor: 1, toString: 2, hasOwnProperty: 3, keep: 4 },
  ['a', 'b']
]

DATA.forEach((data, i) => {
  test(`new Session #${i}: ${JSON.stringify(data)}`, () => {
    const outcomeOf = ({ Session }) => {
      const req = { sessionID: 'sid' }
      const s = new Session(req, revive(data, null))
      const flags = Object.fromEntries(['req', 'id'].map((k) => [k, { ...Object.getOwnPropertyDescriptor(s, k), value: null }]))
      return { keys: Object.keys(s), json: describe.json(s), id: s.id, req: s.req === req, flags, polluted: {}.x, x: s.x }
    }
    assert.deepStrictEqual(outcomeOf(lib.ours), outcomeOf(lib.upstream))
  })
})

// MemoryStore by itself, as an app or a test calls it.

test('MemoryStore, called by hand', async () => {
  const cases = async ({ MemoryStore }) => {
    const out = []
    const store = new MemoryStore()
    const call = (name, ...args) =>
      new Promise((resolve) => {
        let sync = true
        try {
          const ret = store[name](...args, (...got) => {
            out.push([
              name,
              sync ? 'sync' : 'later',
              got.length,
              ...got.map((g) => (g instanceof Error ? describe.error(g) : describe.json(g)))
            ])
            resolve()
          })
          out.push([name, 'returned', String(ret)])
          sync = false
        } catch (err) {
          out.push([name, 'threw', describe.error(err)])
          resolve()
        }
      })
    await call('get', 'none')
    await call('set', 'a', { cookie: { expires: null }, n: 1 })
    await call('get', 'a')
    await call('set', 'b', { cookie: { expires: new Date(Date.now() + 60000) }, n: { deep: [1, null] } })
    await call('get', 'b')
    await call('set', 'past', { cookie: { expires: new Date(Date.now() - 1) }, n: 2 })
    await call('get', 'past')
    await call('set', 'text', { cookie: { expires: new Date(Date.now() + 60000).toISOString() }, n: 2 })
    await call('get', 'text')
    await call('set', 'nocookie', { n: 3 })
    await call('get', 'nocookie')
    await call('set', 'number', 5)
    await call('destroy', 'number')
    await call('length')
    await call('touch', 'none', { cookie: { expires: null } })
    await call('touch', 'a', { cookie: { expires: new Date(Date.now() + 1000), path: '/x' }, n: 'not taken' })
    await call('get', 'a')
    await call('touch', 'a', { cookie: { expires: new Date(Date.now() - 1000) } })
    await call('get', 'a')
    await call('destroy', 'none')
    await call('destroy', 'b')
    await call('get', 'b')
    await call('set', 'é"\u{1F36A}', { cookie: {}, s: 'ü\u2028"\\' })
    await call('get', 'é"\u{1F36A}')
    await call('set', '', { cookie: {}, empty: true })
    await call('get', '')
    await call('set', '__proto__', { cookie: {}, proto: true })
    await call('get', '__proto__')
    await call('length')
    await call('clear')
    await call('length')
    for (const name of ['set', 'touch', 'destroy', 'clear']) {
      out.push([
        name,
        'without callback',
        describe.attempt(() =>
          String(name === 'clear' ? store.clear() : name === 'destroy' ? store.destroy('x') : store[name]('x', { cookie: {} }))
        )
      ])
    }
    return JSON.parse(JSON.stringify(out))
  }
  const clock = require('./harness/clock')
  const both = []
  for (const l of [lib.ours, lib.upstream]) {
    clock.freeze()
    try {
      both.push(await cases(l))
    } finally {
      clock.release()
    }
  }
  assert.deepStrictEqual(both[0], both[1])
})

// What can not be stored is an error for the callback, and thrown without one; upstream throws it at
// the caller, or stores what it can not read again (deviation).
for (const [name, make] of Object.entries({
  'a cycle': () => {
    const s = { cookie: {} }
    s.self = s
    return s
  },
  'a BigInt': () => ({ cookie: {}, n: 5n }),
  null: () => null,
  undefined: () => undefined
})) {
  test(`MemoryStore.set of ${name}`, async () => {
    if (process.env.DIFF_STRICT) return
    const store = new lib.ours.MemoryStore()
    const err = await new Promise((resolve) => store.set('x', make(), resolve))
    assert.ok(err instanceof TypeError)
    assert.throws(() => store.set('x', make()), TypeError)
    assert.strictEqual(await new Promise((resolve) => store.get('x', (e, s) => resolve(e || s))), undefined)
  })
}

test('MemoryStore.all', async () => {
  const cases = ({ MemoryStore }) =>
    new Promise((resolve) => {
      const store = new MemoryStore()
      store.set('a', { cookie: { expires: null }, n: 1 })
      store.set('b', { cookie: { expires: new Date(Date.now() + 60000) }, n: 2 })
      store.set('gone', { cookie: { expires: new Date(Date.now() - 1) } })
      store.all((err, all) =>
        resolve({ err: String(err), proto: Object.getPrototypeOf(all) === null, all: JSON.stringify(Object.entries(all).sort()) })
      )
    })
  const clock = require('./harness/clock')
  clock.freeze()
  try {
    assert.deepStrictEqual(await cases(lib.ours), await cases(lib.upstream))
  } finally {
    clock.release()
  }
})
