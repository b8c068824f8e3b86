'use strict'

// What an engine promises to the code that calls it: lib/stores/engine.js, by direct calls.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const fc = require('fast-check')
const { DONE, PENDING } = require('../../lib/stores/engine')
const { Loaded } = require('../../lib/stores/loaded')
const Opened = require('../../lib/cookie/opened')
const { Keyring } = require('../../lib/native')
const { turns, until } = require('../helpers/calls')
const { arbitraryText } = require('../helpers/text')
const { conform } = require('.')
const { ask, comeBack, DAY, HOUR, idsOf, look, partsOf, pruneAll, put, removed, START, writeOf } = require('./ask')

const keyring = new Keyring('sid', ['keyboard cat'])
const headerOf = sid => `sid=${keyring.seal(sid)}`

test('results are distinct', () => {
  const { DROPPED } = require('../../lib/stores/engine')
  assert.equal(new Set([DONE, DROPPED, PENDING]).size, 3)
})

/* Declared */

conform('it declares what it can', subject => {
  const { capabilities, options } = subject.engine({ max: 7 })
  assert.ok(['now', 'later'].includes(capabilities.reads))
  assert.ok(['now', 'later'].includes(capabilities.writes))
  for (const name of ['revisions', 'events', 'iterate']) assert.equal(typeof capabilities[name], 'boolean', name)
  assert.equal(options.max, 7)
})

conform('an engine that does not declare "later" answers at once', subject => {
  const engine = subject.engine()
  const { reads, writes } = engine.capabilities
  const answers = {
    reads: [engine.load(keyring, headerOf('a'), START)?.found, engine.get('a', START, () => {})],
    writes: [engine.commit(writeOf('a'), () => {}), engine.touch(writeOf('a'), () => {}), engine.destroy('a', START, () => {})]
  }
  if (reads === 'now') assert.ok(!answers.reads.includes(PENDING))
  if (writes === 'now') assert.ok(!answers.writes.includes(PENDING))
})

conform('without a callback, PENDING means that nothing was begun', async subject => {
  for (let i = 0; i < 10; i++) { // some engines answer now this and now that
    const engine = subject.engine()
    const refused = engine.commit(writeOf('a')) === PENDING
    await turns()
    assert.equal(await look(engine, 'a') === undefined, refused)

    await put(engine, 'b')
    const kept = engine.destroy('b', START) === PENDING
    await turns()
    assert.equal(await look(engine, 'b') !== undefined, kept)
  }
})

conform('with a callback, PENDING is answered once', async subject => {
  for (let i = 0; i < 10; i++) {
    const engine = subject.engine()
    const calls = []
    const result = engine.commit(writeOf('a'), (...args) => calls.push(args))
    assert.equal(calls.length, 0, 'never before the method returns')
    await until(() => result !== PENDING || calls.length > 0)
    await turns()
    assert.equal(calls.length, result === PENDING ? 1 : 0)
    if (result === PENDING) assert.deepEqual(calls[0].slice(1), [DONE])
  }
})

/* Reading and writing */

conform('there is nothing in a new engine', async subject => {
  const engine = subject.engine()
  assert.equal(await ask(engine, 'get', 'a', START), undefined)
  assert.equal(await ask(engine, 'peek', 'a', START), undefined)
  assert.equal(await ask(engine, 'length', START), 0)
  assert.deepEqual(await idsOf(engine), [])
})

conform('commit stores a session; get and peek give its text and revision', async subject => {
  const engine = subject.engine()
  const write = writeOf('a', { data: { n: 1, name: 'Zo\xeb \u65e5 \u{1f600}' } })
  assert.equal(await ask(engine, 'commit', write), DONE)
  assert.notEqual(write.revision, undefined)
  for (const method of ['get', 'peek']) {
    const { text, revision } = await ask(engine, method, 'a', START)
    assert.equal(text, JSON.stringify(write.session))
    assert.equal(revision, write.revision)
  }
})

conform('the session is taken when commit is called', async subject => {
  const engine = subject.engine()
  const write = writeOf('a', { data: { n: 1 } })
  const done = ask(engine, 'commit', write)
  write.session.n = 2
  await done
  assert.equal((await look(engine, 'a')).n, 1)
})

conform('a text is stored as it is', async subject => {
  await fc.assert(fc.asyncProperty(arbitraryText, arbitraryText, async (sid, text) => {
    const engine = subject.engine()
    await put(engine, sid, { text })
    assert.equal((await ask(engine, 'get', sid, START)).text, text)
    assert.deepEqual(await idsOf(engine), [sid])
  }), { numRuns: 100 })
})

conform('a long text is stored as it is, of whatever length and characters', subject => holdsLong(subject, ['x', '\xe9', '\u65e5', '\u{1f600}']))

conform('a long text with half a surrogate pair is stored as it is', subject => holdsLong(subject, ['\ud800']))

async function holdsLong (subject, characters) {
  const engine = subject.engine()
  for (const character of characters) {
    for (const length of [...Array.from({ length: 12 }, (_, i) => 1014 + i), 341, 342, 2048, 5000]) {
      const text = 'x'.repeat(length - 1) + character.repeat(length === 5000 ? 5000 : 1)
      await put(engine, 'a', { text })
      assert.ok((await ask(engine, 'get', 'a', START)).text === text, `${length} times ${character}`)
    }
  }
}

conform('any session is stored as JSON.stringify writes it', async subject => {
  const engine = subject.engine()
  const sessions = fc.dictionary(fc.string().filter(key => key !== 'cookie' && key !== 'toJSON'), fc.jsonValue())
  await fc.assert(fc.asyncProperty(sessions, async data => {
    const write = writeOf('a', { data })
    const text = JSON.stringify(write.session)
    await ask(engine, 'commit', write)
    const stored = (await ask(engine, 'get', 'a', START)).text
    assert.deepEqual(JSON.parse(stored), JSON.parse(text))
    // JavaScript puts keys that are integers before the cookie. An engine need not.
    if (!Object.keys(data).some(key => /^\d+$/.test(key))) assert.equal(stored, text)
  }), { numRuns: 200 })
})

conform('a session whose cookie is none of this package, or that has a toJSON, is stored too', async subject => {
  const engine = subject.engine()
  const toJSON = () => ({ cookie: {}, n: 2 })
  for (const session of [{ cookie: { path: '/x' }, n: 1 }, { n: 1 }, { toJSON, n: 1 }, { ...writeOf('a').session, toJSON }]) {
    await put(engine, 'a', { session })
    assert.equal((await ask(engine, 'get', 'a', START)).text, JSON.stringify(session))
  }
})

conform('ids that differ in anything are different ids', async subject => {
  const engine = subject.engine()
  const sids = ['', 'a', 'A', 'a ', '\ufffd', '\ud800', '\udfff', 'a\0', '__proto__', '日'.repeat(100)]
  for (const [n, sid] of sids.entries()) await put(engine, sid, { data: { n } })
  for (const [n, sid] of sids.entries()) assert.equal((await look(engine, sid)).n, n)
  assert.deepEqual(await idsOf(engine), [...sids].sort())
})

conform('commit replaces what there is', async subject => {
  const engine = subject.engine()
  const revision = await put(engine, 'a', { data: { n: 1 } })
  assert.equal(await put(engine, 'a', { data: { n: 2 }, revision }), revision, 'the revision stays')
  assert.equal((await look(engine, 'a')).n, 2)
  assert.equal(await ask(engine, 'length', START), 1)
})

conform('a session that has no JSON is refused, and the old one stays', async subject => {
  const engine = subject.engine()
  await put(engine, 'a', { data: { n: 1 } })
  const write = writeOf('a', { data: { n: 1n } })
  await assert.rejects(async () => await ask(engine, 'commit', write), TypeError)
  assert.equal((await look(engine, 'a')).n, 1)
})

/* load */

conform('load: nothing without a cookie whose signature is valid', subject => {
  const engine = subject.engine()
  for (const header of ['', 'x=1', 'sid=a', 'sid=s%3Aa.b', headerOf('a').slice(0, -1)]) {
    assert.equal(engine.load(keyring, header, START), undefined)
  }
})

conform('load gives the id of the cookie, and what there is under it', async subject => {
  for (let i = 0; i < 10; i++) {
    const engine = subject.engine()
    const absent = engine.load(keyring, headerOf('a'), START)
    assert.ok(absent instanceof Opened)
    assert.equal(absent.sid, 'a')
    assert.ok(absent.found === undefined || absent.found === PENDING)

    const revision = await put(engine, 'a', { data: { n: 1 } })
    const { sid, sealed, found } = engine.load(keyring, headerOf('a'), START)
    assert.equal(sid, 'a')
    assert.equal(sealed, keyring.seal('a'))
    if (found === PENDING) continue
    assert.ok(found instanceof Loaded)
    assert.equal(found.error, undefined)
    const cookie = found.cookie === undefined ? found.data.cookie : found.cookie
    assert.deepEqual(JSON.parse(JSON.stringify(cookie)), (await look(engine, 'a')).cookie)
    assert.equal(found.data.n, 1)
    assert.equal(found.revision, revision)
  }
})

conform('load, for ids that are no part of the header: long headers, encoded ids', async subject => {
  const engine = subject.engine()
  for (const sid of ['a b', 'a;b', '\xe9', '日本', '"', 'a.b.c', 'x'.repeat(300)]) {
    await put(engine, sid, { data: { n: sid.length } })
    for (const header of [headerOf(sid), `other=${'x'.repeat(500)}; ${headerOf(sid)}`]) {
      const opened = engine.load(keyring, header, START)
      assert.equal(opened.sid, sid)
      if (opened.found !== PENDING) assert.equal(opened.found.data.n, sid.length)
    }
  }
})

conform('load: a text that can not be parsed is an error that does not quote it; an empty one is no session', async subject => {
  const engine = subject.engine()
  await put(engine, 'a', { text: '{"secret' })
  await put(engine, 'b', { text: '' })
  const [a, b] = ['a', 'b'].map(sid => engine.load(keyring, headerOf(sid), START).found)
  if (a !== PENDING) {
    assert.ok(a.error instanceof SyntaxError)
    assert.doesNotMatch(a.error.message, /secret/)
  }
  if (b !== PENDING) assert.equal(b, undefined)
})

/* Deadlines */

conform('a session is there up to its deadline, and not from then on', async subject => {
  const engine = subject.engine()
  await put(engine, 'a', { maxAge: 1000 })
  for (const read of [look, comeBack]) {
    assert.ok(await read(engine, 'a', START + 999))
    assert.deepEqual(await idsOf(engine, START + 999), ['a'])
  }
  assert.equal(await look(engine, 'a', START + 1000), undefined)
  assert.equal(await comeBack(engine, 'a', START + 1000), undefined)
  assert.deepEqual(await idsOf(engine, START + 1000), [])
  const opened = engine.load(keyring, headerOf('a'), START + 1000)
  assert.ok(opened.found === undefined || opened.found === PENDING)
})

conform('a session that is stored with a deadline in the past is not there', async subject => {
  const engine = subject.engine()
  await put(engine, 'a', { maxAge: -1 })
  assert.equal(await look(engine, 'a'), undefined)
})

conform('what has expired goes by itself, a little with each call', async subject => {
  const engine = subject.engine()
  for (let n = 0; n < 100; n++) await put(engine, 'old' + n, { maxAge: 1000 })
  for (let n = 0; n < 100; n++) await put(engine, 'new' + n, { now: START + HOUR })
  for (let n = 0; n < 100; n++) await look(engine, 'new' + n, START + HOUR)
  // The memory engine has a thread for it that comes round once a second.
  const isGone = () => engine.stats(START + HOUR).sessions === 100
  for (let n = 0; n < 300 && !isGone(); n++) await new Promise(resolve => setTimeout(resolve, 10))
  assert.equal(engine.stats(START + HOUR).sessions, 100)
  assert.equal(engine.stats(START + HOUR).expired, 100)
})

conform('prune removes all that has expired at the time it is given', async subject => {
  const engine = subject.engine()
  for (let n = 0; n < 3000; n++) await put(engine, 'a' + n, { maxAge: 1000 + n % 7 })
  await put(engine, 'b', { maxAge: 2000 })
  pruneAll(engine, START + 999)
  assert.equal(await ask(engine, 'length', START), 3001)
  pruneAll(engine, START + 1007)
  assert.equal(await ask(engine, 'length', START), 1)
  assert.deepEqual(await idsOf(engine), ['b'])
  assert.equal(engine.stats(START).expired, 3000)
  assert.equal(engine.prune(START + 1007), false)
})

conform('a commit renews the deadline, forwards and backwards', async subject => {
  const engine = subject.engine()
  await put(engine, 'a', { maxAge: 1000 })
  await put(engine, 'a', { maxAge: 5000 })
  pruneAll(engine, START + 1000)
  assert.ok(await look(engine, 'a', START + 4999))
  await put(engine, 'a', { maxAge: 500 })
  pruneAll(engine, START + 499)
  assert.ok(await look(engine, 'a', START + 499))
  pruneAll(engine, START + 500)
  assert.equal(await ask(engine, 'length', START), 0)
})

/* touch */

conform('touch renews the deadline and the cookie, and leaves the data', async subject => {
  const engine = subject.engine()
  const revision = await put(engine, 'a', { data: { n: 1 }, maxAge: 1000 })
  for (const [maxAge, known] of [[5000, revision], [9000, undefined]]) {
    const write = writeOf('a', { data: { n: 2 }, maxAge, revision: known })
    assert.equal(await ask(engine, 'touch', write), DONE)
    const session = await look(engine, 'a', START + maxAge - 1)
    assert.deepEqual(session, { cookie: JSON.parse(JSON.stringify(write.session.cookie)), n: 1 })
  }
  assert.equal((await ask(engine, 'peek', 'a', START)).revision, revision)
  assert.equal(await look(engine, 'a', START + 9000), undefined)
})

conform('touch makes no session', async subject => {
  const engine = subject.engine()
  assert.equal(await ask(engine, 'touch', writeOf('a')), DONE)
  assert.equal(await look(engine, 'a'), undefined)
  await put(engine, 'b', { maxAge: 1000 })
  await ask(engine, 'touch', writeOf('b', { now: START + 1000 }))
  assert.equal(await look(engine, 'b', START + 1000), undefined, 'nor brings back one that has expired')
})

conform('touch, for texts that this package did not write', async subject => {
  const engine = subject.engine()
  const write = writeOf('a', { maxAge: 5000 })
  const cookie = JSON.parse(JSON.stringify(write.session.cookie))
  for (const [text, expected] of [
    ['{"n":1,"cookie":{"path":"/x"}}', { n: 1, cookie }],
    [' {"cookie": {}, "n": 1 }', { n: 1, cookie }],
    ['{"n":1}', { n: 1, cookie }]
  ]) {
    await put(engine, 'a', { text, maxAge: 1000 })
    await ask(engine, 'touch', { ...write })
    assert.deepEqual(await look(engine, 'a', START + 4999), expected)
  }
})

conform('touch, without a cookie: the deadline alone', async subject => {
  const engine = subject.engine()
  await put(engine, 'a', { data: { n: 1 }, maxAge: 1000 })
  const before = await look(engine, 'a')
  await ask(engine, 'touch', writeOf('a', { session: {}, maxAge: 5000 }))
  assert.deepEqual(await look(engine, 'a', START + 4999), before)
})

/* destroy and clear */

conform('destroy removes a session; that there is none is no error', async subject => {
  const engine = subject.engine()
  await put(engine, 'a')
  await put(engine, 'b')
  for (let i = 0; i < 2; i++) assert.equal(await ask(engine, 'destroy', 'a', START), DONE)
  assert.equal(await look(engine, 'a'), undefined)
  assert.deepEqual(await idsOf(engine), ['b'])
  await put(engine, 'a', { data: { n: 2 } })
  assert.equal((await look(engine, 'a')).n, 2, 'the id can be used again')
})

conform('clear removes all', async subject => {
  const engine = subject.engine()
  for (let n = 0; n < 500; n++) await put(engine, 'a' + n)
  assert.equal(await ask(engine, 'clear', START), DONE)
  assert.equal(await ask(engine, 'length', START), 0)
  assert.deepEqual(await idsOf(engine), [])
  await put(engine, 'a1')
  assert.deepEqual(await idsOf(engine), ['a1'])
})

/* Looking around */

conform('the parts of ids together are all ids, each once', async subject => {
  const engine = subject.engine()
  const sids = Array.from({ length: 2000 }, (_, n) => 'id' + n).sort()
  for (const sid of sids) await put(engine, sid)
  assert.deepEqual(await idsOf(engine), sids)
})

conform('an id that stays is given once, whatever comes and goes meanwhile', async subject => {
  const engine = subject.engine()
  for (let n = 0; n < 1000; n++) await put(engine, 'id' + n)
  const seen = []
  let part = 0
  for await (const sids of partsOf(engine)) {
    seen.push(...sids)
    await ask(engine, 'destroy', 'id' + (part * 2 + 1), START)
    await put(engine, 'new' + part)
    part++
  }
  assert.equal(new Set(seen).size, seen.length)
  for (let n = 600; n < 1000; n += 2) assert.ok(seen.includes('id' + n), String(n))
})

conform('a peek counts nowhere', async subject => {
  const engine = subject.engine()
  await put(engine, 'a')
  const counted = () => {
    const { hits, misses, reads, found, near } = engine.stats(START)
    return [hits, misses, reads, found, near?.hits, near?.misses, near?.stored]
  }
  const before = counted()
  for (const sid of ['a', 'a', 'a', 'no such']) await look(engine, sid)
  assert.deepEqual(counted(), before)
})

conform('stats count what was done and what there is', async subject => {
  const engine = subject.engine({ max: 3, maxBytes: 1e6 })
  const empty = engine.stats(START)
  assert.deepEqual(empty, { ...empty, sessions: 0, tombstones: 0, limits: { max: 3, maxBytes: 1e6 }, hits: 0, misses: 0, sets: 0, touches: 0, destroyed: 0, expired: 0, evicted: { max: 0, maxBytes: 0 } })
  for (let n = 0; n < 4; n++) await put(engine, 'a' + n)
  await comeBack(engine, 'a3')
  await comeBack(engine, 'a0')
  await look(engine, 'a0')
  await ask(engine, 'touch', writeOf('a3'))
  await ask(engine, 'touch', writeOf('no such'))
  await ask(engine, 'destroy', 'a2', START)
  const { bytes, ...full } = engine.stats(START)
  assert.deepEqual(full, { ...full, sessions: 2, tombstones: 1, hits: 1, misses: 1, sets: 4, touches: 1, destroyed: 1, expired: 0, evicted: { max: 1, maxBytes: 0 } })
  assert.ok(bytes > empty.bytes)
  pruneAll(engine, START + 110 * DAY)
  const end = engine.stats(START)
  assert.deepEqual(end, { ...end, sessions: 0, expired: 2, tombstones: 0, bytes: empty.bytes })
})

conform('bytes are those of the sessions, and given back', async subject => {
  const engine = subject.engine()
  const before = engine.stats(START).bytes
  await put(engine, 'a', { data: { pad: 'x'.repeat(10_000) } })
  const { bytes } = engine.stats(START)
  assert.ok(bytes >= before + 10_000 && bytes < before + 12_000, String(bytes - before))
  await put(engine, 'a')
  assert.ok(engine.stats(START).bytes < before + 1000)
})

/* Removals */

conform('what is removed is told to those who watch, once, in order, with its text', async subject => {
  const engine = subject.engine({ max: 2 })
  const watch = engine.watch(false)
  for (const [n, sid] of ['a', 'b', 'c'].entries()) await put(engine, sid, { data: { n } })
  await put(engine, 'c', { data: { n: 3 } })
  await ask(engine, 'touch', writeOf('c'))
  await ask(engine, 'destroy', 'c', START)
  await ask(engine, 'destroy', 'c', START)
  pruneAll(engine, START + HOUR)
  assert.deepEqual(removed(engine, watch), [['evicted', 'a', 0], ['destroyed', 'c', 3], ['expired', 'b', 1]])
  assert.deepEqual(removed(engine, watch), [])
})

conform('what is written over is told to those who want it', async subject => {
  const engine = subject.engine()
  const [all, some] = [engine.watch(true), engine.watch(false)]
  await put(engine, 'a', { data: { n: 1 } })
  await put(engine, 'a', { data: { n: 2 } })
  await ask(engine, 'destroy', 'a', START)
  assert.deepEqual(removed(engine, all), [['replaced', 'a', 1], ['destroyed', 'a', 2]])
  assert.deepEqual(removed(engine, some), [['destroyed', 'a', 2]])
})

conform('clear destroys each session for those who watch', async subject => {
  const engine = subject.engine()
  const watch = engine.watch(false)
  for (let n = 0; n < 300; n++) await put(engine, 'a' + n, { data: { n } })
  await ask(engine, 'clear', START)
  pruneAll(engine, START)
  const told = removed(engine, watch)
  assert.deepEqual(told.map(([kind, sid, n]) => `${kind} ${sid} ${n}`).sort(), Array.from({ length: 300 }, (_, n) => `destroyed a${n} ${n}`).sort())
  assert.equal(engine.stats(START).destroyed, 300)
})

conform('drain gives at most as many as it is asked for', async subject => {
  const engine = subject.engine()
  const watch = engine.watch(false)
  for (let n = 0; n < 10; n++) {
    await put(engine, 'a' + n)
    await ask(engine, 'destroy', 'a' + n, START)
  }
  const told = []
  for (const expected of [4, 4, 2, 0]) {
    const flat = engine.drain(watch, 4, START)
    assert.equal(flat.length, expected * 3)
    for (let i = 1; i < flat.length; i += 3) told.push(flat[i])
  }
  assert.deepEqual(told, Array.from({ length: 10 }, (_, n) => 'a' + n))
})

conform('only what happens while one watches is told', async subject => {
  const engine = subject.engine()
  const destroyOne = async sid => {
    await put(engine, sid)
    await ask(engine, 'destroy', sid, START)
  }
  await destroyOne('before')
  const watch = engine.watch(false)
  await destroyOne('meanwhile')
  assert.deepEqual(removed(engine, watch).map(([, sid]) => sid), ['meanwhile'])
  await destroyOne('not told')
  engine.unwatch(watch)
  await destroyOne('after')
  assert.deepEqual(removed(engine, watch), [])
  engine.unwatch(watch)
})

conform('a removed session whose text is no JSON is told with that text', async subject => {
  const engine = subject.engine()
  const watch = engine.watch(false)
  await put(engine, 'a', { text: 'no JSON \ud800' })
  await ask(engine, 'destroy', 'a', START)
  assert.deepEqual(engine.drain(watch, 10, START), ['destroyed', 'a', 'no JSON \ud800'])
})

conform('close can be called twice', subject => {
  const engine = subject.engine()
  engine.close(START)
  engine.close(START)
})

conform('util.inspect shows neither ids nor sessions', async subject => {
  const engine = subject.engine()
  engine.watch(true)
  await put(engine, 'secret-id', { data: { name: 'secret-name' } })
  await put(engine, 'secret-id', { data: { name: 'secret-name' } })
  const shown = require('node:util').inspect(engine, { depth: 9, showHidden: true })
  assert.doesNotMatch(shown, /secret/)
})
