'use strict'

const path = require('path')
const { isIllFormed } = require('../../util/text')
const { readOptions: readMemoryOptions } = require('../memory/options')

module.exports = { readOptions }

/**
 * @typedef {import('../engine').Options & {
 *   file: string, max: number, maxBytes: number, durability: 'normal'|'full'
 * }} SQLiteOptions those of a SQLiteStore, checked
 */

/**
 * Checks the options of a SQLiteStore and gives them their defaults.
 *
 * @param {any} options
 * @return {SQLiteOptions}
 * @throws {TypeError|RangeError} naming the option
 */
function readOptions (options) {
  if (options === null || typeof options !== 'object') {
    throw new TypeError('SQLiteStore needs options: an object with a file')
  }
  const { durability, file } = options

  if (typeof file !== 'string') throw new TypeError('file option must be a string: the path of the SQLite file')
  if (file === '' || file === ':memory:') {
    throw new RangeError('file option must name a file; for sessions in memory there is MemoryStore')
  }
  if (isIllFormed(file)) throw new RangeError('file option must not contain half a surrogate pair')
  if (file.includes('\0')) throw new RangeError('file option must not contain NUL')
  if (durability != null && durability !== 'normal' && durability !== 'full') {
    throw new RangeError('durability option must be "normal" or "full"')
  }
  for (const name of ['shared', 'stale']) {
    if (options[name] != null) throw new RangeError(`${name} option is one of MemoryStore, not of SQLiteStore`)
  }

  const maxBytes = options.maxBytes == null ? Infinity : options.maxBytes
  return {
    ...readMemoryOptions({ ...options, maxBytes }),
    file: path.resolve(file),
    durability: durability == null ? 'normal' : durability
  }
}
