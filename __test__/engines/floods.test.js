'use strict'

// Strangers log nobody out: what was tried against apps, as requests and as calls of a store.

const assert = require('node:assert/strict')
const { RANK } = require('../../lib/stores/engine')
const { conform } = require('.')
const { app, pages } = require('./app')
const { ask, comeBack, idsOf, MINUTE, put, START } = require('./ask')

const pad = length => ({ data: { pad: 'x'.repeat(length) } })
const usersIn = async engine => (await idsOf(engine)).filter(sid => sid.startsWith('user')).length

async function signIn (engine, count, given) {
  for (let n = 0; n < count; n++) await put(engine, 'user' + n, { rank: RANK.SIGNED_IN, ...given })
}

conform('two anonymous sessions of nearly maxBytes are refused beside users, who all stay', async subject => {
  const engine = subject.engine({ maxBytes: 3_000_000 })
  await signIn(engine, 1000)
  for (const sid of ['large', 'larger']) {
    await assert.rejects(put(engine, sid, pad(2_400_000)), { name: 'RangeError', code: 'ERR_SESSION_TOO_LARGE', message: /tenth of maxBytes/ })
  }
  assert.equal(await usersIn(engine), 1000)
})

conform('strangers of mixed sizes, each with many sessions, displace each other', async subject => {
  const engine = subject.engine({ maxBytes: 300_000 })
  await signIn(engine, 300)
  for (let n = 0; n < 900; n++) {
    const given = { ...pad(n * 7919 % 18_000), now: START + n * 1000 }
    await put(engine, 'flood' + n, given).catch(err => assert.match(err.message, /tenth/))
    if (n % 3 === 0) await comeBack(engine, 'flood' + n, START + n * 1000)
    if (n % 3 === 1) await put(engine, 'flood' + (n - 1), pad(n * 104729 % 27_000))
  }
  assert.equal(await usersIn(engine), 300)
  assert.ok(engine.stats(START).bytes <= 300_000)
})

conform('a stranger\'s session that grows at each request stops at its tenth', async subject => {
  const engine = subject.engine({ maxBytes: 1_000_000 })
  await signIn(engine, 1500)
  let refused = 0
  for (let n = 1; n < 60; n++) {
    await comeBack(engine, 'grows')
    await put(engine, 'grows', pad(n * 5000)).catch(err => {
      assert.match(err.message, /tenth/)
      refused++
    })
  }
  assert.ok(refused > 30 && refused < 50, String(refused))
  assert.equal(await usersIn(engine), 1500)
})

conform('established users stay beside a flood that holds its cookies for a minute, too large for the tenth', async subject => {
  const engine = subject.engine({ maxBytes: 1_000_000 })
  for (let n = 0; n < 500; n++) {
    await put(engine, 'user' + n)
    for (const time of [START, START + 2 * MINUTE]) await comeBack(engine, 'user' + n, time)
  }
  for (let n = 0; n < 1000; n++) {
    await put(engine, 'flood' + n, pad(3000))
    for (const second of [0, 1, 20, 59]) await comeBack(engine, 'flood' + n, START + second * 1000)
  }
  assert.equal(await usersIn(engine), 500)
})

conform('a session that was larger than the tenth before there were users is still touched and saved', async subject => {
  const engine = subject.engine({ maxBytes: 300_000 })
  await put(engine, 'large', pad(150_000))
  await signIn(engine, 10)
  await put(engine, 'large', pad(149_000))
  await assert.rejects(put(engine, 'large', pad(180_000)), RangeError)
  await signIn(engine, 2400)
  assert.ok(!(await idsOf(engine)).includes('large'), 'it goes first')
})

conform('a save of another revision, after eviction, has the rank that it brings', async subject => {
  const engine = subject.engine({ max: 20 })
  const revision = await put(engine, 'user0')
  for (let n = 0; n < 50; n++) await put(engine, 'flood' + n)
  assert.equal(await usersIn(engine), 0)
  await put(engine, 'user0', { revision, rank: RANK.SIGNED_IN })
  for (let n = 0; n < 50; n++) await put(engine, 'flood' + n)
  for (let n = 0; n < 50; n++) await ask(engine, 'get', 'flood' + n, START)
  assert.equal(await usersIn(engine), 1)
})

// The memory engine has 256 shards from 2 MiB on.
conform('15 KB for each stranger, at a bound above 2 MiB that users fill to nearly nine tenths: all users stay', async subject => {
  const maxBytes = 2_200_000
  const engine = subject.engine({ maxBytes })
  let users = 0
  while (engine.stats(START).bytes < maxBytes * 0.89) {
    await put(engine, 'user' + users++, { rank: RANK.SIGNED_IN, ...pad(1000) })
  }
  await assert.rejects(put(engine, 'large', pad(1_500_000)), { name: 'RangeError', code: 'ERR_SESSION_TOO_LARGE', message: /tenth of maxBytes/ })
  for (let n = 0; n < 600; n++) {
    await put(engine, 'flood' + n, pad(n % 2 ? 15_000 : n))
    if (n % 3 === 0) assert.ok(await comeBack(engine, 'flood' + n), 'who signs in needs it')
  }
  assert.equal(await usersIn(engine), users)
  assert.ok(engine.stats(START).bytes <= maxBytes)
})

for (const shared of ['a cookie whose session is gone', 'a cookie whose session is there']) {
  conform(`requests with one cookie, ${shared}`, async (subject, t) => {
    const handlers = {
      ...pages,
      '/passport' (req, res) {
        req.session.passport = { user: 1 } // as Passport did before it regenerated
        res.end()
      },
      '/leave' (req, res) {
        req.session.returnTo = '/' + 'x'.repeat(500)
        res.end()
      }
    }
    const { browser, get } = await app(subject, t, handlers, { store: { max: 40 } })
    const users = Array.from({ length: 30 }, () => browser())
    for (const user of users) await user.get('/passport')
    const other = browser()
    await other.get('/count')
    for (let n = 0; n < 60; n++) {
      if (shared.endsWith('gone') && n === 0) for (let i = 0; i < 20; i++) await get('/leave')
      await get('/leave', { cookie: other.cookie })
      await get('/leave')
    }
    for (const user of users) assert.equal((await user.get('/read')).body, '{"passport":{"user":1}}')
  })
}
