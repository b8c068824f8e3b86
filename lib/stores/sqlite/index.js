'use strict'

const { defineStore } = require('../native-store')
const Store = require('../store')
const { openEngine } = require('../store-engine')

module.exports = SQLiteStore

/**
 * Sessions in a SQLite file, which all processes of a machine share. They outlive restarts and crashes.
 *
 * @param {any} options see SQLiteStoreOptions in index.d.ts
 * @throws {TypeError|RangeError} naming the option
 * @throws {Error} naming the file, or the binary that is missing
 * @this {any}
 */
function SQLiteStore (options) {
  Store.call(this)
  openEngine(this, options)
}

defineStore(SQLiteStore, makeEngine)

/** What the middlewares on this store do where they are not told otherwise. */
SQLiteStore.prototype.sessionDefaults = Object.freeze({ touchAfter: 0.05 })

/** @param {any} options */
function makeEngine (options) {
  // Nothing of the engine is loaded before the first store is made.
  const { readOptions } = require('./options')
  const { refuseNetworkFile } = require('./network-file')
  const checked = readOptions(options)
  const { SQLiteEngine } = require('../../native')
  refuseNetworkFile(checked.file)
  return new SQLiteEngine(checked)
}
