'use strict'

const nodeTest = require('node:test')
const { sameApart: same } = require('./apart')

// What the hand-written scenarios are written with.

const STORES = {
  'fast path': { kind: 'default' },
  memory: { kind: 'memory' },
  recorded: { kind: 'recorded' },
  sync: { kind: 'custom', mode: 'sync' },
  async: { kind: 'custom', mode: 'immediate' },
  delayed: { kind: 'custom', mode: 'delayed' },
  untouchable: { kind: 'custom', mode: 'immediate', touch: false },
  foreign: { kind: 'custom', mode: 'immediate', foreign: true }
}

const USUAL = { secret: 'keyboard cat', resave: false, saveUninitialized: false }

// While a collection is made, scenarios are kept and no test is registered.
let collection = null

function test (name, fn) {
  if (!collection) nodeTest(name, fn)
}

function collect (load) {
  collection = []
  try {
    load()
    return collection
  } finally {
    collection = null
  }
}

// A request whose handler does `actions`, in short.
function visit (...actions) {
  return { actions: actions.map((a) => (typeof a === 'string' ? { do: a } : a)) }
}

const set = (k, v) => ({ do: 'set', k, v })
const count = { do: 'count', k: 'views' }
const cookie = (k, v) => ({ do: 'cookie', k, v })

// Made, read, changed, read later, without its cookie.
const LIFE = [visit(count), visit(), visit(count), { ...visit(), advance: 7000 }, { ...visit(count), cookie: 'drop' }]

// One test per store.
function on (stores, name, scenario) {
  for (const key of stores) {
    const full = { name: `${name} [${key}]`, options: USUAL, steps: LIFE, ...scenario, store: { ...STORES[key], ...scenario.store } }
    if (collection) collection.push(full)
    test(full.name, () => same(full))
  }
}

const everywhere = (name, scenario) => on(['fast path', 'recorded', 'sync', 'async'], name, scenario)

module.exports = { STORES, USUAL, LIFE, visit, set, count, cookie, on, everywhere, test, same, collect }
