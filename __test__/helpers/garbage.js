'use strict'

const v8 = require('node:v8')
const { runInNewContext } = require('node:vm')

v8.setFlagsFromString('--expose-gc')

/** Frees everything that nobody can reach. */
const collectGarbage = runInNewContext('gc')

module.exports = { collectGarbage }
