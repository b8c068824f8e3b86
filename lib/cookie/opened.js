'use strict'

/** What a `Cookie` header was found to hold: a session id with a valid signature. */
class Opened {
  /**
   * @param {string} sid
   * @param {string} [sealed] the cookie's value, where sealing `sid` would make the same again
   */
  constructor (sid, sealed) {
    this.sid = sid
    this.sealed = sealed
    /** @type {any} what an engine has under that id, where one was asked: see stores/engine.js */
    this.found = undefined
  }
}

module.exports = Opened
