'use strict'

// Any sequence of calls against a model of an engine without bounds: a Map of sessions, and when each id was destroyed.

const assert = require('node:assert/strict')
const fc = require('fast-check')
const { DONE, DROPPED } = require('../../lib/stores/engine')
const { conform } = require('.')
const { ask, idsOf, START, writeOf } = require('./ask')

const SIDS = ['a', 'b', 'AAAABBBBCCCCDDDDabcdefgh0123-_xy', 'caf\xe9', '\ud800']

class Model {
  constructor () {
    this.sessions = new Map()
    this.step = 0
    this.destroyed = new Map(SIDS.map(sid => [sid, -1]))
    /** What requests hold: { sid, revision, step }. */
    this.known = []
    this.now = START
  }

  live (sid) {
    const session = this.sessions.get(sid)
    return session && session.deadline > this.now ? session : undefined
  }

  learn (sid, revision) {
    this.known.push({ sid, revision, step: this.step })
  }
}

const sid = fc.nat(SIDS.length - 1).map(at => SIDS[at])
const maxAge = fc.constantFrom(1, 10, 1000, 100_000)
const steps = {
  commit: fc.record({ sid, maxAge, n: fc.nat(), isText: fc.boolean() }),
  lateSave: fc.record({ which: fc.nat(), maxAge, n: fc.nat() }),
  get: fc.record({ sid }),
  peek: fc.record({ sid }),
  touch: fc.record({ sid, maxAge }),
  destroy: fc.record({ sid }),
  clear: fc.constant({}),
  advance: fc.record({ ms: fc.constantFrom(0, 1, 9, 999, 5000, 100_000) }),
  prune: fc.constant({}),
  ids: fc.constant({})
}
const step = fc.oneof(...Object.entries(steps).map(([name, given]) => ({
  weight: name === 'clear' ? 1 : 6,
  arbitrary: given.map(given => ({ name, ...given }))
})))

const run = {
  async commit (engine, model, { sid, maxAge, n, isText }) {
    const write = writeOf(sid, { data: { n }, maxAge, now: model.now })
    const text = JSON.stringify(write.session)
    if (isText) write.text = text
    assert.equal(await ask(engine, 'commit', write), DONE)
    model.sessions.set(sid, { n, cookie: write.session.cookie, deadline: write.deadline })
    model.learn(sid, write.revision)
  },

  async lateSave (engine, model, { which, maxAge, n }) {
    if (model.known.length === 0) return
    const { sid, revision, step } = model.known[which % model.known.length]
    const write = writeOf(sid, { data: { n }, maxAge, now: model.now, revision })
    const isDropped = model.destroyed.get(sid) >= step
    assert.equal(await ask(engine, 'commit', write), isDropped ? DROPPED : DONE)
    if (isDropped) return
    model.sessions.set(sid, { n, cookie: write.session.cookie, deadline: write.deadline })
    model.learn(sid, write.revision)
  },

  get: read,
  peek: read,

  async touch (engine, model, { sid, maxAge }) {
    const write = writeOf(sid, { data: { n: -1 }, maxAge, now: model.now })
    assert.equal(await ask(engine, 'touch', write), DONE)
    const session = model.live(sid)
    if (session) Object.assign(session, { cookie: write.session.cookie, deadline: write.deadline })
  },

  async destroy (engine, model, { sid }) {
    await ask(engine, 'destroy', sid, model.now)
    model.sessions.delete(sid)
    model.destroyed.set(sid, model.step)
  },

  async clear (engine, model) {
    await ask(engine, 'clear', model.now)
    model.sessions.clear()
    for (const sid of SIDS) model.destroyed.set(sid, model.step)
  },

  async advance (engine, model, { ms }) {
    model.now += ms
  },

  async prune (engine, model) {
    while (engine.prune(model.now));
    for (const sid of SIDS) if (!model.live(sid)) model.sessions.delete(sid)
    assert.equal(await ask(engine, 'length', model.now), model.sessions.size)
  },

  async ids (engine, model) {
    assert.deepEqual(await idsOf(engine, model.now), SIDS.filter(sid => model.live(sid)).sort())
  }
}

async function read (engine, model, { name, sid }) {
  const stored = await ask(engine, name, sid, model.now)
  const session = model.live(sid)
  assert.equal(stored === undefined, session === undefined)
  if (stored === undefined) return
  assert.equal(stored.text, JSON.stringify({ cookie: session.cookie, n: session.n }))
  model.learn(sid, stored.revision)
}

conform('any sequence of calls does what the model does', async subject => {
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 60 }), async steps => {
    const engine = subject.engine()
    const model = new Model()
    for (const step of steps) {
      model.step++
      await run[step.name](engine, model, step)
    }
    for (const sid of SIDS) await read(engine, model, { name: 'peek', sid })
  }), { numRuns: 300 })
})
