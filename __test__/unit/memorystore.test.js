'use strict'

// Against memorystore 1.6.8 itself: what existing code expects of its options and methods.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const fc = require('fast-check')
const upstream = require('express-session')
const theirFactory = require('memorystore')
const factory = require('../../memorystore')
const { ask, turns } = require('../helpers/calls')
const { fakeClock, SECOND, MINUTE, DAY } = require('../helpers/clock')
const { serve } = require('../helpers/server')
const { session } = require('../helpers/subject')

const Ours = factory(session)
const Theirs = theirFactory(upstream)

/** The same work on a store of each, and what came of it. */
async function both (options, work) {
  const results = []
  for (const Store of [Theirs, Ours]) results.push(await work(new Store(options())))
  return results
}

const data = (n, maxAge = MINUTE) => ({ cookie: new upstream.Cookie({ maxAge }), n })

test('The factory returns MemoryStore for this package', () => {
  assert.equal(Ours, session.MemoryStore)
  assert.ok(new Ours({ checkPeriod: 86400000 }) instanceof session.Store)
})

test("The factory returns a store of upstream's for upstream's express-session", async t => {
  const Foreign = factory(upstream)
  const store = new Foreign({ checkPeriod: 86400000, max: 10 })
  t.after(() => store.close())
  assert.ok(store instanceof upstream.Store)
  assert.equal(Foreign.prototype.constructor, Foreign)

  const use = upstream({ store, secret: 'keyboard cat', resave: false, saveUninitialized: false })
  const app = await serve(t, use, (req, res) => {
    assert.ok(req.session instanceof upstream.Session)
    if (req.url === '/new') return req.session.regenerate(() => { req.session.fresh = true; res.end('new') })
    req.session.views = (req.session.views || 0) + 1
    res.end(String(req.session.views))
  })
  const browser = app.browser()
  assert.equal((await browser.get('/')).body, '1')
  assert.equal((await browser.get('/')).body, '2')
  assert.equal((await browser.get('/new')).body, 'new')
  assert.equal((await browser.get('/')).body, '1')
  assert.equal(await ask(store, 'length'), 1)
  assert.deepEqual(app.errors, [])
})

test('The factory refuses anything else', () => {
  for (const wrong of [{}, { Store: 1 }, () => {}]) assert.throws(() => factory(wrong), TypeError)
})

test('Every option of memorystore is accepted', () => {
  const store = new Ours({
    checkPeriod: 86400000, max: 500, ttl: 1000, dispose () {}, stale: false, noDisposeOnSet: true, serializer: JSON
  })
  for (const method of ['get', 'set', 'destroy', 'touch', 'ids', 'all', 'clear', 'length', 'startInterval', 'stopInterval', 'prune']) {
    assert.equal(typeof store[method], 'function', method)
    assert.equal(typeof Theirs.prototype[method], 'function', method)
  }
  store.close()
})

for (const noDisposeOnSet of [false, true]) {
  test(`dispose gets the same calls in the same order with noDisposeOnSet: ${noDisposeOnSet}`, async t => {
    const clock = fakeClock(t)
    const start = clock.now
    let calls
    const options = () => {
      calls = []
      return { max: 3, noDisposeOnSet, dispose: (...args) => calls.push(args) }
    }
    const [theirs, ours] = await both(options, async store => {
      clock.now = start
      const mark = name => calls.push(name)
      await ask(store, 'set', 'a', data(1))
      mark('set again')
      await ask(store, 'set', 'a', data(2))
      mark('destroyed')
      await ask(store, 'destroy', 'a')
      await ask(store, 'destroy', 'never')
      mark('several')
      await ask(store, 'set', 'b', data(3))
      await ask(store, 'set', 'c', data(4))
      await ask(store, 'destroy', ['b', 'c'])
      mark('over the bound')
      for (const sid of ['d', 'e', 'f', 'g']) await ask(store, 'set', sid, data(5))
      mark('expired, and asked for')
      clock.advance(2 * MINUTE)
      await ask(store, 'get', 'e')
      mark('pruned')
      store.prune()
      await turns()
      return calls
    })
    // Asking for an expired session does not remove it here: the background task does.
    const order = list => {
      const at = list.indexOf('expired, and asked for')
      return [list.slice(0, at), list.slice(at).filter(Array.isArray).sort()]
    }
    assert.deepEqual(order(ours), order(theirs))
    assert.equal(ours.filter(Array.isArray).length, noDisposeOnSet ? 7 : 8)
  })
}

test('clear disposes of every session', async () => {
  let calls
  const [theirs, ours] = await both(() => { calls = []; return { dispose: sid => calls.push(sid) } }, async store => {
    for (const sid of ['a', 'b', 'c']) await ask(store, 'set', sid, data(1))
    await ask(store, 'clear')
    store.prune()
    return [...calls].sort()
  })
  assert.deepEqual(ours, theirs)
  assert.deepEqual(ours, ['a', 'b', 'c'])
})

test('dispose is called before the callback of the call that removed', async () => {
  const results = await both(() => ({}), async store => {
    const Store = store.constructor
    const order = []
    const disposing = new Store({ dispose: () => order.push('dispose') })
    await ask(disposing, 'set', 'a', data(1))
    await ask(disposing, 'destroy', 'a')
    order.push('callback')
    return order
  })
  assert.deepEqual(results[1], results[0])
})

const sid = fc.constantFrom('a', 'b', 'c', 'd', 'e')
// At its deadline to the millisecond a session is there in memorystore, and gone here as in express-session: no sum of the
// advances below is such a moment.
const maxAge = fc.constantFrom(10 * SECOND + 5, MINUTE + 5, null)
const operation = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constant('set'), sid, maxAge, fc.nat(9)) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('get'), sid) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('touch'), sid, maxAge) },
  fc.tuple(fc.constant('destroy'), sid),
  fc.tuple(fc.constant('destroy'), fc.array(sid, { maxLength: 3 })),
  { weight: 3, arbitrary: fc.tuple(fc.constant('advance'), fc.constantFrom(10, 5 * SECOND, 11 * SECOND, MINUTE, DAY)) },
  fc.tuple(fc.constant('all')),
  fc.tuple(fc.constant('count')),
  fc.tuple(fc.constant('clear'))
)

for (const [name, options] of Object.entries({
  'no options': {},
  'ttl as a number': { ttl: 20 * SECOND + 5 },
  'ttl as a function': { ttl: (options, { n }) => n % 2 ? 5 * SECOND + 5 : MINUTE + 5 },
  'a serializer': { serializer: { stringify: value => '!' + JSON.stringify(value), parse: text => JSON.parse(text.slice(1)) } }
})) {
  test(`Any sequence of calls gives what memorystore gives: ${name}`, async t => {
    const clock = fakeClock(t)
    await fc.assert(fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 40 }), async operations => {
      const stores = [new Theirs(options), new Ours(options)]
      for (const [what, ...args] of operations) {
        if (what === 'advance') {
          clock.advance(args[0])
          continue
        }
        const [theirs, ours] = await Promise.all(stores.map(store => perform(store, what, args, options.ttl !== undefined)))
        assert.deepEqual(ours, theirs, what)
      }
      stores[1].close()
    }), { numRuns: 60, seed: 20260101 })
  })
}

async function perform (store, what, args, hasTtl) {
  switch (what) {
    case 'set': return ask(store, 'set', args[0], sessionOf(args[1], args[2], hasTtl))
    case 'touch': return ask(store, 'touch', args[0], sessionOf(args[1], 0, hasTtl))
    case 'all': return Object.entries(await ask(store, 'all')).sort()
    case 'count': {
      // memorystore counts and lists what has expired until it is pruned.
      store.prune()
      return [(await ask(store, 'ids')).sort(), await ask(store, 'length')]
    }
    default: return ask(store, what, ...args)
  }
}

/** With a ttl, memorystore pays no attention to the cookie: a session lives on after its cookie has died. Not here. */
function sessionOf (maxAge, n, hasTtl) {
  return { cookie: new upstream.Cookie({ maxAge: hasTtl ? null : maxAge }), n }
}
