'use strict'

// A late save is dropped for what was destroyed, and for nothing else.

const assert = require('node:assert/strict')
const { DONE, DROPPED } = require('../../lib/stores/engine')
const { conform } = require('.')
const { ask, comeBack, HOUR, look, pruneAll, put, START, writeOf } = require('./ask')

/** Saves a session that was loaded before. */
async function lateSave (engine, sid, revision, given) {
  const write = writeOf(sid, { revision, data: { n: 'late' }, ...given })
  const result = await ask(engine, 'commit', write)
  return { result, revision: write.revision }
}

async function isDropped (engine, sid, revision, given) {
  const { result } = await lateSave(engine, sid, revision, given)
  assert.ok(result === DONE || result === DROPPED)
  return result === DROPPED
}

conform('a late save of a destroyed session is dropped', async subject => {
  const engine = subject.engine()
  const revision = await put(engine, 'a')
  await ask(engine, 'destroy', 'a', START)
  assert.ok(await isDropped(engine, 'a', revision))
  assert.equal(await look(engine, 'a'), undefined)
  assert.ok(await isDropped(engine, 'a', revision, { now: START + 23 * HOUR }), 'still after a day')
})

conform('a write that names no revision is stored in any case', async subject => {
  const engine = subject.engine()
  await put(engine, 'a')
  await ask(engine, 'destroy', 'a', START)
  await put(engine, 'a', { data: { n: 2 } })
  assert.equal((await look(engine, 'a')).n, 2)
})

conform('a session that was made anew is not written over by a late save of the destroyed one', async subject => {
  const engine = subject.engine()
  const old = await put(engine, 'a')
  await ask(engine, 'destroy', 'a', START)
  const revision = await put(engine, 'a', { data: { n: 2 } })
  assert.ok(await isDropped(engine, 'a', old))
  assert.equal((await look(engine, 'a')).n, 2)
  assert.ok(!await isDropped(engine, 'a', revision))
  await ask(engine, 'destroy', 'a', START)
  assert.ok(await isDropped(engine, 'a', old))
  assert.ok(await isDropped(engine, 'a', revision))
})

conform('a late save after a clear is dropped, one of a session made since is not', async subject => {
  const engine = subject.engine()
  const old = await put(engine, 'a')
  await ask(engine, 'clear', START)
  assert.ok(await isDropped(engine, 'a', old))
  const revision = await put(engine, 'b')
  assert.ok(!await isDropped(engine, 'b', revision))
  assert.ok(!await isDropped(engine, 'c', await put(engine, 'c')))
})

conform('a session that expired while its request ran is saved', async subject => {
  const engine = subject.engine()
  const revision = await put(engine, 'a', { maxAge: 1000 })
  assert.ok(await comeBack(engine, 'a'))
  const now = START + 1500
  const late = await lateSave(engine, 'a', revision, { now })
  assert.equal(late.result, DONE)
  assert.equal((await look(engine, 'a', now)).n, 'late')
  assert.ok(!await isDropped(engine, 'a', late.revision, { now }), 'and again, with the revision that it then had')
})

conform('the same when it was removed meanwhile', async subject => {
  const engine = subject.engine()
  const revision = await put(engine, 'a', { maxAge: 1000 })
  pruneAll(engine, START + 1200)
  assert.equal(await ask(engine, 'length', START + 1200), 0)
  assert.ok(!await isDropped(engine, 'a', revision, { now: START + 1500 }))
})

conform('the same beside the logouts of 5,000 others', async subject => {
  const engine = subject.engine()
  const revision = await put(engine, 'a', { maxAge: 1000 })
  for (let n = 0; n < 5000; n++) {
    await put(engine, 'b' + n)
    await ask(engine, 'destroy', 'b' + n, START)
  }
  pruneAll(engine, START + 1200)
  assert.ok(!await isDropped(engine, 'a', revision, { now: START + 1500 }))
})

conform('a session that was evicted while its request ran is saved', async subject => {
  const engine = subject.engine({ max: 10 })
  const revision = await put(engine, 'a')
  for (let n = 0; n < 30; n++) await put(engine, 'b' + n)
  assert.equal(await look(engine, 'a'), undefined)
  assert.ok(!await isDropped(engine, 'a', revision))
  assert.equal((await look(engine, 'a')).n, 'late')
})

conform('the same beside logouts of others, at a bound on bytes', async subject => {
  const engine = subject.engine({ maxBytes: 20_000 })
  const revision = await put(engine, 'a')
  for (let n = 0; n < 500; n++) {
    await put(engine, 'b' + n)
    if (n % 2 === 0) await ask(engine, 'destroy', 'b' + n, START)
  }
  assert.equal(await look(engine, 'a'), undefined)
  assert.ok(!await isDropped(engine, 'a', revision))
})

conform('two requests that save the same session after it has expired are both saved', async subject => {
  const engine = subject.engine()
  const revision = await put(engine, 'a', { maxAge: 1000 })
  pruneAll(engine, START + 1200)
  assert.ok(!await isDropped(engine, 'a', revision, { now: START + 1500 }))
  assert.ok(!await isDropped(engine, 'a', revision, { now: START + 1500, data: { n: 'later' } }))
  assert.equal((await look(engine, 'a', START + 1500)).n, 'later')
})

conform('an expired session that is destroyed does not come back', async subject => {
  const engine = subject.engine()
  const revision = await put(engine, 'a', { maxAge: 1000 })
  pruneAll(engine, START + 1200)
  await ask(engine, 'destroy', 'a', START + 1300)
  assert.ok(await isDropped(engine, 'a', revision, { now: START + 1500 }))
})

conform('nor one that was saved late and destroyed then', async subject => {
  const engine = subject.engine()
  const revision = await put(engine, 'a', { maxAge: 1000 })
  pruneAll(engine, START + 1200)
  const late = await lateSave(engine, 'a', revision, { now: START + 1500 })
  await ask(engine, 'destroy', 'a', START + 1500)
  for (const known of [revision, late.revision]) assert.ok(await isDropped(engine, 'a', known, { now: START + 1600 }))
})

conform('the logout of one user does not forget that of another', async subject => {
  const engine = subject.engine()
  const revisions = []
  for (let n = 0; n < 500; n++) {
    revisions.push(await put(engine, 'a' + n))
    await ask(engine, 'destroy', 'a' + n, START)
  }
  for (const [n, revision] of revisions.entries()) assert.ok(await isDropped(engine, 'a' + n, revision), String(n))
  assert.equal(await ask(engine, 'length', START), 0)
})

conform('a touch of a destroyed session does nothing', async subject => {
  const engine = subject.engine()
  const revision = await put(engine, 'a')
  await ask(engine, 'destroy', 'a', START)
  await ask(engine, 'touch', writeOf('a', { revision }))
  assert.equal(await look(engine, 'a'), undefined)
})
