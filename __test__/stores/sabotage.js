'use strict'

/* Breaks the package under test on purpose, in a test process only, to prove that the comparison notices. */

const renamed = []

const kinds = {
  // the middleware would then call a method that is not there, or not call one that is
  'createSession renamed' (session) {
    session.Store.prototype.createSessionFrom = session.Store.prototype.createSession
    delete session.Store.prototype.createSession
  },
  'cookie field missing' (session) {
    const { toJSON } = session.Cookie.prototype
    session.Cookie.prototype.toJSON = function () {
      const json = toJSON.call(this)
      delete json.originalMaxAge
      return json
    }
  },
  'cookie attribute missing' () {
    const { ServerResponse } = require('http')
    const strip = (value) => Array.isArray(value) ? value.map(strip) : String(value).replace('; HttpOnly', '')
    for (const method of ['setHeader', 'appendHeader']) {
      const original = ServerResponse.prototype[method]
      ServerResponse.prototype[method] = function (name, value) {
        return original.call(this, name, /^set-cookie$/i.test(name) ? strip(value) : value)
      }
    }
  },
  'touch without effect' (session) {
    session.Session.prototype.touch = function () { return this }
  },
  'touch of the store renamed' () {
    renamed.push('touch')
  }
}

module.exports = function sabotage (kind) {
  kinds[kind](require('express-session'))
}
/** Renames methods of a store that was just opened. */
module.exports.store = function (store) {
  for (const method of renamed) {
    store[method + 'Renamed'] = store[method]
    store[method] = undefined
  }
}
module.exports.kinds = Object.keys(kinds)
