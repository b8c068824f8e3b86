'use strict'

// The options that express-session does not have change nothing where they are off, or have nothing to do.

const test = require('node:test')
const { scenario } = require('./generate')
const { same } = require('./harness/compare')
const { LIFE, on, set, STORES, USUAL, visit } = require('./harness/write')

const OFF = { touchAfter: false, onDisconnect: 'skip', clearCookie: false, cacheControl: false, hold: 'end', storeTimeout: false }
const COUNT = 80

for (let i = 0; i < COUNT; i++) {
  const generated = scenario(20260715, i)
  test(`generated ${i}, with every option off`, () => same({ ...generated, options: { ...generated.options, ...OFF } }))
}

const IDLE = {
  'touchAfter, for sessions without a lifetime': { touchAfter: 0.1 },
  'onDisconnect, for a store that is there': { onDisconnect: 'error' },
  'skip, for no request': { skip: { $function: 1 } },
  'clearCookie, where no session is destroyed': { clearCookie: true }
}

for (const [name, options] of Object.entries(IDLE)) {
  on(Object.keys(STORES), name, { options: { ...USUAL, ...options } })
}

on(Object.keys(STORES), 'cacheControl, where no cookie is set', {
  options: { ...USUAL, cacheControl: true },
  steps: [visit(), { ...visit(), cookie: { sid: 'unknown', wrong: 'secret' } }]
})

on(Object.keys(STORES), 'a lifetime, and touchAfter off', {
  options: { ...USUAL, touchAfter: false, cookie: { maxAge: 60000 } },
  steps: [...LIFE, visit(set('a', 1)), visit(set('a', 2)), visit('regenerate', set('a', 3)), visit('save'), visit('reload')]
})
