'use strict'

const fs = require('fs')
const path = require('path')

/** The version of an installed package; undefined when it is not there. */
function versionOf (name) {
  try {
    return JSON.parse(fs.readFileSync(path.join(__dirname, 'node_modules', name, 'package.json'), 'utf8')).version
  } catch {
    return undefined
  }
}

module.exports = { versionOf }
