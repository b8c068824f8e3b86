'use strict'

/*
 * The package under test: this one, or the one that SESSION_PACKAGE names. upstream.test.js runs the
 * files of this folder that way, to show that express-session still has what they say is mended.
 */

const name = process.env.SESSION_PACKAGE

const load = (part = '') => require(name ? name + part : '../../..' + (part || '/index.js'))
const session = load()

/** The options that every middleware needs, so that nothing is deprecated. */
const OPTIONS = { secret: 'keyboard cat', resave: false, saveUninitialized: true }

module.exports = {
  /** The middleware with those defaults. */
  middleware: options => session({ ...OPTIONS, ...options }),
  load,
  session,
  underTest: name || 'express-session-native'
}
