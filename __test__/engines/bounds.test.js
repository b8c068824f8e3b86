'use strict'

// max and maxBytes hold, and sessions go only where they have to.

const assert = require('node:assert/strict')
const { conform } = require('.')
const { ask, cookieOf, HOUR, idsOf, look, pruneAll, put, START, writeOf } = require('./ask')

const pad = length => ({ data: { pad: 'x'.repeat(length) } })

for (const max of [1, 2, 3, 10, 1000]) {
  conform(`max ${max} holds ${max}, neither more nor fewer, and the newest stays`, async subject => {
    const engine = subject.engine({ max })
    for (let n = 0; n < max; n++) await put(engine, 'a' + n)
    assert.equal(engine.stats(START).sessions, max)
    for (let n = 0; n < 10; n++) {
      await put(engine, 'b' + n)
      assert.equal(engine.stats(START).sessions, max)
      assert.ok(await look(engine, 'b' + n))
    }
    assert.deepEqual(engine.stats(START).evicted, { max: 10, maxBytes: 0 })
  })
}

conform('storing a session again evicts nothing', async subject => {
  const engine = subject.engine({ max: 2 })
  for (const sid of ['a', 'b', 'a', 'b', 'a', 'b']) await put(engine, sid)
  assert.deepEqual(await idsOf(engine), ['a', 'b'])
  assert.deepEqual(engine.stats(START).evicted, { max: 0, maxBytes: 0 })
})

conform('destroyed and expired sessions make room', async subject => {
  const engine = subject.engine({ max: 2 })
  await put(engine, 'a')
  await put(engine, 'b', { maxAge: 1000 })
  await ask(engine, 'destroy', 'a', START)
  await put(engine, 'c')
  pruneAll(engine, START + 1000)
  await put(engine, 'd')
  assert.deepEqual(await idsOf(engine), ['c', 'd'])
  assert.deepEqual(engine.stats(START).evicted, { max: 0, maxBytes: 0 })
})

conform('maxBytes is never exceeded, and not wasted either', async subject => {
  const maxBytes = 100_000
  const engine = subject.engine({ maxBytes })
  let most = 0
  for (let n = 0; n < 500; n++) {
    await put(engine, 'a' + n, pad(n * 7 % 900))
    if (n % 5 === 0) await ask(engine, 'destroy', 'a' + n, START)
    const { bytes } = engine.stats(START)
    assert.ok(bytes <= maxBytes, `${bytes} after ${n}`)
    most = Math.max(most, bytes)
  }
  assert.ok(most > 0.9 * maxBytes, String(most))
  const { evicted, sessions, sets, destroyed } = engine.stats(START)
  assert.deepEqual(evicted, { max: 0, maxBytes: sets - sessions - destroyed })
})

conform('at a bound on bytes, ids that are only remembered go before sessions', async subject => {
  const engine = subject.engine({ maxBytes: 100_000 })
  for (let n = 0; n < 100; n++) await put(engine, 'a' + n)
  for (let n = 0; n < 2000; n++) {
    await ask(engine, 'destroy', 'gone' + n, START)
    assert.ok(engine.stats(START).bytes <= 100_000)
  }
  assert.equal((await idsOf(engine)).length, 100)
})

conform('characters that take two bytes count twice', async subject => {
  const sessionsOf = async text => {
    const engine = subject.engine({ maxBytes: 100_000 })
    for (let n = 0; n < 100; n++) await put(engine, 'a' + n, { data: { text } })
    return engine.stats(START).sessions
  }
  const narrow = await sessionsOf('x'.repeat(5000))
  const wide = await sessionsOf('\u0416'.repeat(5000))
  assert.ok(wide <= narrow * 0.6, `${wide} and ${narrow}`)
})

conform('a session that grows pushes others out, and stays', async subject => {
  const engine = subject.engine({ maxBytes: 50_000 })
  for (let n = 0; n < 20; n++) await put(engine, 'a' + n, pad(1000))
  assert.equal(engine.stats(START).sessions, 20)
  await put(engine, 'a0', pad(40_000))
  assert.equal((await look(engine, 'a0')).pad.length, 40_000)
  const { bytes, sessions } = engine.stats(START)
  assert.ok(bytes <= 50_000 && sessions > 1 && sessions < 20, `${bytes} ${sessions}`)
})

conform('a session larger than maxBytes is refused, the old one kept, nobody evicted', async subject => {
  const engine = subject.engine({ maxBytes: 20_000 })
  await put(engine, 'other')
  await put(engine, 'a', { data: { n: 1 } })
  const before = engine.stats(START)
  for (const sid of ['a', 'new']) {
    for (const given of [pad(20_000), { text: JSON.stringify({ cookie: {}, ...pad(20_000).data }) }]) {
      await assert.rejects(put(engine, sid, given), err => {
        assert.ok(err instanceof RangeError)
        assert.equal(err.code, 'ERR_SESSION_TOO_LARGE')
        assert.match(err.message, /larger than the maxBytes/)
        assert.doesNotMatch(err.message, /xxx/)
        return true
      })
    }
  }
  assert.equal((await look(engine, 'a')).n, 1)
  assert.deepEqual(await idsOf(engine), ['a', 'other'])
  assert.deepEqual(engine.stats(START), before)
})

conform('a touch that makes a session larger keeps maxBytes too', async subject => {
  const engine = subject.engine({ maxBytes: 50_000, max: 1000 }) // with a max, the order of eviction is exact
  for (let n = 0; n < 20; n++) await put(engine, 'a' + n, pad(1000))
  for (let n = 10; n < 20; n++) {
    const cookie = cookieOf(HOUR, START)
    cookie.path = '/' + 'x'.repeat(4000)
    await ask(engine, 'touch', writeOf('a' + n, { session: { cookie } }))
    assert.ok(engine.stats(START).bytes <= 50_000)
    assert.equal((await look(engine, 'a' + n)).cookie.path.length, 4001)
  }
  assert.ok(engine.stats(START).sessions < 20)
})

conform('a session that takes the place of thousands', async subject => {
  const engine = subject.engine({ maxBytes: 2_000_000 })
  for (let n = 0; n < 3000; n++) await put(engine, 'a' + n)
  await put(engine, 'large', pad(1_800_000))
  assert.equal((await look(engine, 'large')).pad.length, 1_800_000)
  pruneAll(engine, START)
  assert.ok(engine.stats(START).bytes <= 2_000_000)
})
