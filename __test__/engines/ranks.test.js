'use strict'

// At a bound the lowest rank goes first: new, returned, established, signed in. Strangers log nobody out.

const assert = require('node:assert/strict')
const { PENDING, RANK } = require('../../lib/stores/engine')
const { Keyring } = require('../../lib/native')
const { conform } = require('.')
const { ask, comeBack, idsOf, look, MINUTE, put, START, writeOf } = require('./ask')

const SECOND = 1000
const keyring = new Keyring('sid', ['keyboard cat'])

/** How a session gets each rank. */
const makers = {
  new: (engine, sid, given) => put(engine, sid, given),

  async returned (engine, sid, given) {
    const revision = await put(engine, sid, given)
    await comeBack(engine, sid)
    return revision
  },

  async established (engine, sid, given) {
    const revision = await put(engine, sid, given)
    for (const time of [START, START + 2 * MINUTE]) await comeBack(engine, sid, time)
    return revision
  },

  'signed in': (engine, sid, given) => put(engine, sid, { ...given, rank: RANK.SIGNED_IN })
}
const ranks = Object.keys(makers)
const proven = ranks.slice(1)

/** Makes sessions of a rank, numbered from `first`. */
async function make (engine, rank, count, { first = 0, ...given } = {}) {
  for (let n = first; n < first + count; n++) await makers[rank](engine, `${rank} ${n}`, given)
}

/** The numbers of those of a rank that are left. */
async function left (engine, rank) {
  const sids = (await idsOf(engine)).filter(sid => sid.startsWith(rank + ' '))
  return sids.map(sid => Number(sid.slice(rank.length + 1))).sort((a, b) => a - b)
}

const numbers = (from, to) => Array.from({ length: to - from }, (_, n) => from + n)

/* Which goes first */

for (const [at, lower] of ranks.entries()) {
  for (const higher of ranks.slice(at + 1)) {
    conform(`sessions that are ${lower} go before those that are ${higher}`, async subject => {
      const engine = subject.engine({ max: 100 })
      await make(engine, higher, 50)
      await make(engine, lower, 200)
      assert.equal((await left(engine, higher)).length, 50)
      assert.equal(engine.stats(START).sessions, 100)
    })
  }
}

conform('of the new ones the oldest goes first', async subject => {
  const engine = subject.engine({ max: 10 })
  await make(engine, 'new', 10)
  await put(engine, 'new 0') // writing it again makes it no younger
  await look(engine, 'new 1') // nor does looking around
  await ask(engine, 'touch', writeOf('new 2'))
  await make(engine, 'new', 5, { first: 10 })
  assert.deepEqual(await left(engine, 'new'), numbers(5, 15))
})

for (const rank of proven) {
  conform(`of those that are ${rank}, the one not seen for longest goes first`, async subject => {
    const engine = subject.engine({ max: 10 })
    await make(engine, rank, 10)
    for (const n of [0, 1, 3]) await comeBack(engine, `${rank} ${n}`, START + SECOND)
    await make(engine, rank, 4, { first: 10 })
    assert.deepEqual(await left(engine, rank), [0, 1, 3, 7, 8, 9, 10, 11, 12, 13])
  })
}

/* The tenth that lower ranks keep */

for (const rank of proven) {
  conform(`max: new sessions find a tenth of a store that is full of those that are ${rank}, and no more`, async subject => {
    const engine = subject.engine({ max: 100 })
    await make(engine, rank, 100)
    await make(engine, 'new', 10)
    assert.deepEqual(await left(engine, 'new'), numbers(0, 10))
    assert.equal((await left(engine, rank)).length, 90)
    await make(engine, 'new', 200, { first: 10 })
    assert.deepEqual(await left(engine, 'new'), numbers(200, 210))
    assert.equal((await left(engine, rank)).length, 90)
  })

  conform(`maxBytes: the same, in bytes (${rank})`, async subject => {
    const maxBytes = 150_000
    const engine = subject.engine({ maxBytes })
    await make(engine, rank, 1750)
    const full = (await left(engine, rank)).length
    assert.ok(full < 1750)
    // Each as large as several of the others.
    await make(engine, 'new', 100, { data: { pad: 'x'.repeat(2000) } })
    const users = (await left(engine, rank)).length
    const strangers = (await left(engine, 'new')).length
    assert.ok(users >= full * 0.88 && users <= full * 0.95, `${users} of ${full}`)
    assert.ok(strangers * 2000 <= maxBytes / 10 && strangers * 2000 > maxBytes / 20, `${strangers} strangers`)
  })
}

conform('a store of one, and of few, takes a new session too', async subject => {
  for (const max of [1, 2, 5]) {
    const engine = subject.engine({ max })
    await make(engine, 'signed in', max)
    await put(engine, 'new')
    assert.ok(await look(engine, 'new'))
    await put(engine, 'newer')
    assert.equal((await left(engine, 'signed in')).length, max - 1)
  }
})

/* A single session does not displace higher ranks */

for (const rank of proven) {
  conform(`a large new session is refused where sessions that are ${rank} would have to go`, async subject => {
    const engine = subject.engine({ maxBytes: 1_000_000 })
    await make(engine, rank, 100, { data: { pad: 'x'.repeat(3000) } })
    await make(engine, 'new', 10, { data: { pad: 'x'.repeat(3000) } })
    const before = engine.stats(START)
    for (let i = 0; i < 2; i++) {
      await assert.rejects(put(engine, 'large', { data: { pad: 'x'.repeat(800_000) } }), err => {
        assert.ok(err instanceof RangeError)
        assert.match(err.message, /\bmaxBytes\b/)
        assert.doesNotMatch(err.message, /xxx/)
        return true
      })
    }
    assert.deepEqual(engine.stats(START), before, 'nothing has changed')
  })
}

conform('a large session displaces those of its own rank and below', async subject => {
  for (const [at, rank] of ranks.entries()) {
    const engine = subject.engine({ maxBytes: 1_000_000 })
    for (const lower of ranks.slice(0, at + 1)) await make(engine, lower, 60, { data: { pad: 'x'.repeat(3000) } })
    const sid = rank + ' large'
    await makers[rank](engine, sid, { data: { pad: 'x'.repeat(3000) } })
    await put(engine, sid, { data: { pad: 'x'.repeat(950_000) } })
    assert.equal((await look(engine, sid)).pad.length, 950_000)
    assert.ok(engine.stats(START).bytes <= 1_000_000)
  }
})

conform('a session that grows is refused the same, and stays as it was', async subject => {
  const engine = subject.engine({ maxBytes: 1_000_000 })
  await make(engine, 'signed in', 100, { data: { pad: 'x'.repeat(3000) } })
  const revision = await put(engine, 'a', { data: { n: 1 } })
  await assert.rejects(put(engine, 'a', { revision, data: { pad: 'x'.repeat(800_000) } }), RangeError)
  assert.equal((await look(engine, 'a')).n, 1)
  assert.equal((await left(engine, 'signed in')).length, 100)
})

/* How a session rises */

/** Whether a session with that history is established: it then outlives others that were seen before it. */
async function isEstablished (subject, history) {
  const engine = subject.engine({ max: 10 })
  await make(engine, 'established', 9)
  await put(engine, 'a')
  await history(engine)
  await make(engine, 'established', 4, { first: 9 })
  return await look(engine, 'a') !== undefined
}

/** A client that sends its cookie. */
async function visit (engine, sid, time) {
  const opened = engine.load(keyring, `sid=${keyring.seal(sid)}`, time)
  if (opened.found === PENDING) await ask(engine, 'get', sid, time)
}

const visits = (call, ...seconds) => async engine => {
  for (const second of seconds) await call(engine, 'a', START + second * SECOND)
}

for (const call of [visit, comeBack]) {
  conform(`who comes back in two different minutes is established (${call.name})`, async subject => {
    assert.ok(await isEstablished(subject, visits(call, 0, 120)))
    assert.ok(await isEstablished(subject, visits(call, 1, 2, 3, 61)))
    assert.ok(await isEstablished(subject, visits(call, 45, 75)))
    assert.ok(!await isEstablished(subject, visits(call, 120)), 'once is not enough')
    assert.ok(!await isEstablished(subject, visits(call, 0, 1, 2, 3, 4)), 'nor is one minute')
    assert.ok(!await isEstablished(subject, visits(call, 0, 15, 30, 59)), 'all of it')
    assert.ok(await isEstablished(subject, visits(call, 1800, 0, 120)), 'a clock that was ahead does not count')
  })

  conform(`a burst around the full minute establishes nothing (${call.name})`, async subject => {
    assert.ok(!await isEstablished(subject, visits(call, 59.5, 59.8, 60, 60.2, 60.4)))
  })
}

conform('looking around, writing and touching establish nothing', async subject => {
  const write = rank => async (engine, sid, now) => { await put(engine, sid, { now, rank }) }
  const touch = (engine, sid, now) => ask(engine, 'touch', writeOf(sid, { now }))
  for (const call of [look, write(RANK.NEW), write(RANK.RETURNED), touch]) {
    assert.ok(!await isEstablished(subject, visits(call, 0, 120)))
  }
})

conform('a write raises a rank', async subject => {
  for (const [rank, lower] of [[RANK.RETURNED, 'new'], [RANK.SIGNED_IN, 'established']]) {
    for (const existed of [false, true]) {
      const engine = subject.engine({ max: 100 })
      if (existed) await put(engine, 'a')
      await put(engine, 'a', { rank })
      await make(engine, lower, 300)
      assert.ok(await look(engine, 'a'))
    }
  }
})

for (const rank of proven) {
  conform(`a session that is ${rank} stays so, however it is written and touched`, async subject => {
    const engine = subject.engine({ max: 20 })
    const revision = await makers[rank](engine, 'a')
    await put(engine, 'a')
    await put(engine, 'a', { revision, rank: RANK.NEW })
    await ask(engine, 'touch', writeOf('a', { revision, data: { pad: 'x'.repeat(100) } }))
    await make(engine, ranks[ranks.indexOf(rank) - 1], 100)
    assert.ok(await look(engine, 'a'))
  })
}

/* Floods */

for (const rank of proven) {
  conform(`flood: 15 KB for each request without a cookie, at a bound on bytes (users are ${rank})`, async subject => {
    const engine = subject.engine({ maxBytes: 550_000 })
    await make(engine, rank, 500)
    assert.equal((await left(engine, rank)).length, 500)
    for (let n = 0; n < 100; n++) await put(engine, 'flood' + n, { data: { returnTo: 'x'.repeat(15_000) } })
    assert.equal((await left(engine, rank)).length, 500)
  })

  conform(`flood: requests with the signed cookie of a session that is gone (users are ${rank})`, async subject => {
    const engine = subject.engine({ max: 300 })
    await make(engine, rank, 270)
    for (let n = 0; n < 600; n++) {
      await visit(engine, 'gone', START)
      await put(engine, 'flood' + n)
    }
    assert.equal((await left(engine, rank)).length, 270)
  })
}

for (const rank of ['established', 'signed in']) {
  conform(`flood: each stranger sends its cookie back once (users are ${rank})`, async subject => {
    const engine = subject.engine({ max: 300 })
    await make(engine, rank, 270)
    for (let n = 0; n < 600; n++) {
      await put(engine, 'flood' + n)
      await visit(engine, 'flood' + n, START)
    }
    assert.equal((await left(engine, rank)).length, 270)
  })

  conform(`flood: cookies sent back five times within a second, for ten minutes (users are ${rank})`, async subject => {
    const engine = subject.engine({ max: 100 })
    await make(engine, rank, 90)
    // A stranger each half second; its last request comes a second after its first.
    for (let half = 0; half < 1200; half++) {
      const time = START + half * 500
      await put(engine, 'flood' + half, { now: time })
      for (const n of [half, half, half - 1, half - 1, half - 2]) await visit(engine, 'flood' + n, time)
    }
    assert.equal((await left(engine, rank)).length, 90)
  })
}

conform('under a flood a user can log in: a page, its form two seconds later, a new id', async subject => {
  const engine = subject.engine({ max: 300 })
  await make(engine, 'signed in', 270)
  let flood = 0
  for (let user = 0; user < 20; user++) {
    await put(engine, 'form' + user)
    for (let n = 0; n < 27; n++) await put(engine, 'flood' + flood++)
    assert.ok(await comeBack(engine, 'form' + user))
    await ask(engine, 'destroy', 'form' + user, START)
    await makers['signed in'](engine, 'signed in ' + (270 + user))
  }
  assert.ok((await left(engine, 'signed in')).length >= 270)
})
