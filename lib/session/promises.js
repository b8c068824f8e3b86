'use strict'

const { addPromises, promised } = require('../util/promised')

module.exports = { addSessionPromises }

/**
 * The methods of a session that return promises. The others return the session, and cannot be awaited.
 *
 * @type {{[name: string]: (this: any) => Promise<any>}}
 */
const methods = {
  async save () {
    await promised(this, 'save', [])
  },

  async reload () {
    const { req } = this
    await promised(this, 'reload', [])
    return req.session
  },

  async regenerate () {
    const { req } = this
    await promised(this, 'regenerate', [])
    return req.session
  },

  async destroy () {
    await promised(this, 'destroy', [])
  }
}

/**
 * Adds them to a session of another copy of express-session, or to a prototype. Data of their names give way.
 *
 * @param {any} target
 */
function addSessionPromises (target) {
  addPromises(target, methods, false)
}
