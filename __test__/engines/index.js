'use strict'

const { test } = require('node:test')
const MemoryEngine = require('../../lib/stores/memory/engine')
const { readOptions } = require('../../lib/stores/memory/options')
const { defineStore } = require('../../lib/stores/native-store')
const PlainEngine = require('../../lib/stores/plain/engine')
const Store = require('../../lib/stores/store')
const { openEngine } = require('../../lib/stores/store-engine')
const { later, nowAndThen } = require('./answers')
const { sqlite } = require('./sqlite')

const memory = options => new MemoryEngine(readOptions(options))
const plain = options => new PlainEngine(readOptions(options))

/** The engines that the suite holds to the contract: a line for each. */
const engines = [
  subject('memory', memory),
  subject('memory, answering later', options => later(memory(options))),
  subject('plain', plain),
  subject('plain, answering later', options => later(plain(options))),
  subject('plain, answering now this and now that', options => nowAndThen(plain(options))),
  subject('sqlite', options => sqlite(options)),
  subject('sqlite, answering later', options => sqlite(options, true)),
  subject('sqlite, each write durable', options => sqlite({ durability: 'full', ...options }))
]

/**
 * @param {string} name
 * @param {function(object?): object} makeEngine of a store's options
 */
function subject (name, makeEngine) {
  function TestStore (options) {
    Store.call(this)
    openEngine(this, options)
  }
  defineStore(TestStore, makeEngine)

  return {
    name,
    /** An engine by itself. */
    engine: makeEngine,
    /** A store on a new engine, closed after the test. */
    store (t, options) {
      const store = new TestStore(options)
      t.after(() => store.close())
      return store
    }
  }
}

/** Runs a test with each engine. An engine may lack what a test is about: `without` says why. */
function conform (title, run) {
  for (const subject of engines) {
    const skip = subject.without && subject.without(title)
    test(`${subject.name}: ${title}`, { skip }, async t => run(subject.during ? await subject.during(t) : subject, t))
  }
}

/**
 * The same for a test that waits: it runs with all engines at once, in the time of the first.
 *
 * @param {string} title
 * @param {function(object, object): Promise<void>} run with a subject and the first test
 * @param {function(object): void} [prepare] for all of them, with the first test
 */
function conformAtOnce (title, run, prepare = () => {}) {
  const runs = new Map()
  conform(title, async (subject, t) => {
    if (runs.size === 0) {
      prepare(t)
      for (const each of engines) runs.set(each, run(each, t))
      await Promise.allSettled(runs.values())
    }
    await runs.get(subject)
  })
}

module.exports = { conform, conformAtOnce, engines }
