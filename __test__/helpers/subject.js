'use strict'

/*
 * The package under test: this one, or the one that SESSION_PACKAGE names. upstream.test.js runs the
 * files of deviations/ that way, to show that express-session still behaves as they say.
 */

const { test } = require('node:test')
const { impatiently } = require('./calls')

const name = process.env.SESSION_PACKAGE

const load = (part = '') => require(name ? name + part : '../..' + (part || '/index.js'))
const session = load()

/** The options that every middleware needs, so that nothing is deprecated. */
const OPTIONS = { secret: 'keyboard cat', resave: false, saveUninitialized: true }

/**
 * A test of a deviation: it must fail with express-session 1.19.0. All other tests of its file must pass
 * there.
 */
function deviation (title, options, run = options) {
  test('deviation: ' + title, run === options ? {} : options, t => name === undefined ? run(t) : impatiently(() => run(t)))
}

module.exports = {
  /** The middleware with those defaults. */
  middleware: options => session({ ...OPTIONS, ...options }),
  deviation,
  load,
  session,
  underTest: name || 'express-session-native'
}
