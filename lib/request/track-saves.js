'use strict'

const { addSessionPromises } = require('../session/promises')
const Session = require('../session/session')
const { keepAsyncContext } = require('../util/async-context')

module.exports = { trackSaves }

/**
 * Has a session tell the context of its request when the app saves it. Our sessions do so by themselves. A store may
 * make others, of its own copy of express-session, and an app may replace the methods.
 *
 * @param {any} session
 * @param {import('./context')} context
 */
function trackSaves (session, context) {
  const { save, reload } = session
  if (save === Session.save || typeof save !== 'function') return

  if (!(session instanceof Session)) addSessionPromises(session)

  define(session, 'save', /** @this {any} */ function (/** @type {any[]} */ ...args) {
    context.noteSaved(this)
    const { touchAfter } = context.config
    let stored = this
    if (touchAfter !== undefined) [stored, args[0]] = touchAfter.saving(context, this, args[0])
    const known = context.handDown(stored)
    try {
      const result = save.apply(stored, args.map(keepAsyncContext))
      return result === stored ? this : result
    } finally {
      context.takeBack(stored, known)
    }
  })

  define(session, 'reload', /** @this {any} */ function (/** @type {Function} */ callback) {
    return reload.call(this, keepAsyncContext((/** @type {any[]} */ ...args) => {
      const { session: reloaded } = context.req
      if (reloaded && reloaded !== this) context.reloaded()
      callback(...args)
    }))
  })

  for (const name of ['destroy', 'regenerate']) {
    const method = session[name]
    if (method === Session.prototype[name] || typeof method !== 'function') continue
    define(session, name, /** @this {any} */ function (/** @type {any[]} */ ...args) {
      return method.apply(this, args.map(keepAsyncContext))
    })
  }
}

/**
 * @param {any} session
 * @param {string} name
 * @param {any} value
 */
function define (session, name, value) {
  Object.defineProperty(session, name, { configurable: true, enumerable: false, value, writable: true })
}
