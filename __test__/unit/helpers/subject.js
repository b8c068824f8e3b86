'use strict'

/*
 * The package under test: this one, or the one that SESSION_PACKAGE names. upstream.test.js runs the
 * files of mends/ that way, to show that express-session still has what they say is mended.
 */

const { test } = require('node:test')

const name = process.env.SESSION_PACKAGE

const load = (part = '') => require(name ? name + part : '../../..' + (part || '/index.js'))
const session = load()

/** The options that every middleware needs, so that nothing is deprecated. */
const OPTIONS = { secret: 'keyboard cat', resave: false, saveUninitialized: true }

/**
 * A test of something that is mended here and broken in express-session 1.19.0, where it must fail; all
 * other tests of its file must pass there.
 */
function mends (title, options, run = options) {
  test('mends: ' + title, run === options ? {} : options, async t => {
    impatient = name !== undefined
    try {
      await run(t)
    } finally {
      impatient = false
    }
  })
}

/** How long a client waits for an answer; only a test that fails ever waits so long. */
const patience = () => impatient ? 200 : 8000
let impatient = false

module.exports = {
  /** The middleware with those defaults. */
  middleware: options => session({ ...OPTIONS, ...options }),
  load,
  mends,
  patience,
  session,
  underTest: name || 'express-session-native'
}
