'use strict'

const { session } = require('./subject')

/** Options of a test that is about the binary and its engine: `run-suite.js unit --fallback` skips it by name. */
module.exports.needsBinary = { skip: session.native === false && 'it is about the binary and its engine' }
