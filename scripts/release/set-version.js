'use strict'

/* `npm version` runs this: the version of package.json goes wherever else it stands. `napi version` does those in npm/. */

const fs = require('node:fs')
const path = require('node:path')

const ROOT = path.join(__dirname, '..', '..')
const { version } = require('../../package.json')

for (const [file, pattern] of [
  ['Cargo.toml', /^(version = ")[^"]+/m],
  ['Cargo.lock', /(name = "express-session-native"\nversion = ")[^"]+/],
  ['lib/util/binary-names.js', /(const VERSION = ')[^']+/]
]) {
  const place = path.join(ROOT, file)
  const text = fs.readFileSync(place, 'utf8')
  if (!pattern.test(text)) throw new Error(`${file} names no version`)
  fs.writeFileSync(place, text.replace(pattern, (_, before) => before + version))
}
