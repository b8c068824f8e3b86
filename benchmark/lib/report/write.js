'use strict'

const fs = require('node:fs')
const path = require('node:path')

module.exports = { read, write }

const DOCS = path.join(__dirname, '../../../docs')

function write (name, text) {
  fs.writeFileSync(path.join(DOCS, name), text)
}

/** A JSON file of an earlier run, or an empty object. */
function read (name) {
  const file = path.join(DOCS, name)
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : {}
}
