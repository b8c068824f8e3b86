'use strict'

// Removals that nobody asks for take a share of maxBytes, and no more.

const assert = require('node:assert/strict')
const { conform } = require('.')
const { ask, idsOf, put, removed, START } = require('./ask')

const maxBytes = 300_000
const data = n => ({ data: { n, pad: 'x'.repeat(500) } })

async function destroyMany (engine, count) {
  for (let n = 0; n < count; n++) {
    await put(engine, 'a' + n, data(n))
    await ask(engine, 'destroy', 'a' + n, START)
  }
}

conform('removals count as bytes; the oldest lose their data, then themselves, and are counted as lost', async subject => {
  const engine = subject.engine({ maxBytes })
  const watch = engine.watch(false)
  await destroyMany(engine, 3000)
  const { bytes, lost } = engine.stats(START)
  assert.ok(bytes <= maxBytes, String(bytes))
  assert.ok(lost > 0 && lost < 3000, String(lost))

  const told = removed(engine, watch)
  assert.equal(told.length + lost, 3000)
  assert.deepEqual(told.map(([, sid]) => sid), Array.from({ length: told.length }, (_, n) => 'a' + (lost + n)), 'the oldest are lost')
  assert.equal(told.at(-1)[2], 2999, 'the newest has its data')
  assert.equal(told[0][2], undefined, 'the oldest that is left has none')
  const bare = told.filter(([, , n]) => n === undefined).length
  assert.ok(told.slice(0, bare).every(([, , n]) => n === undefined))
})

conform('a queue that is drained in time loses nothing', async subject => {
  const engine = subject.engine({ maxBytes })
  const watch = engine.watch(false)
  const told = []
  for (let n = 0; n < 1000; n++) {
    await put(engine, 'a' + n, data(n))
    await ask(engine, 'destroy', 'a' + n, START)
    if (n % 20 === 19) told.push(...removed(engine, watch))
  }
  assert.deepEqual(told.map(([, , n]) => n), Array.from({ length: 1000 }, (_, n) => n))
  assert.equal(engine.stats(START).lost, 0)
})

conform('what is drained, or watched no more, is given back', async subject => {
  for (const end of [(engine, watch) => removed(engine, watch), (engine, watch) => engine.unwatch(watch)]) {
    const engine = subject.engine()
    const watch = engine.watch(false)
    await destroyMany(engine, 100)
    const full = engine.stats(START).bytes
    end(engine, watch)
    assert.ok(engine.stats(START).bytes < full - 100 * 500, `${engine.stats(START).bytes} of ${full}`)
  }
})

conform('who drains in time loses nothing to one who does not', async subject => {
  const engine = subject.engine({ maxBytes })
  const [slow, quick] = [engine.watch(false), engine.watch(false)]
  const told = []
  for (let n = 0; n < 1500; n++) {
    await put(engine, 'a' + n, data(n))
    await ask(engine, 'destroy', 'a' + n, START)
    if (n % 5 === 4) told.push(...removed(engine, quick))
  }
  assert.deepEqual(told.map(([, , n]) => n), Array.from({ length: 1500 }, (_, n) => n))
  assert.equal(removed(engine, slow).length + engine.stats(START).lost, 1500)
})

conform('sessions beside a full queue keep maxBytes, and find a place', async subject => {
  const engine = subject.engine({ maxBytes })
  engine.watch(true)
  for (let n = 0; n < 1500; n++) {
    await put(engine, 'a' + n, data(n))
    assert.ok(engine.stats(START).bytes <= maxBytes)
  }
  assert.ok((await idsOf(engine)).length > 150)
})
