'use strict'

const Session = require('./session')

module.exports = { adopt }

/**
 * Has a session tell the context of its request when the app saves it. Our sessions do so by themselves; a
 * store may make others (of its own copy of express-session), and an app may replace the methods.
 */
function adopt (session, context) {
  const { save, reload } = session
  if (save === Session.save || typeof save !== 'function') return

  define(session, 'save', function (...args) {
    context.noteSaved(this)
    context.saving = this
    try {
      return save.apply(this, args)
    } finally {
      context.saving = undefined
    }
  })

  define(session, 'reload', function (callback) {
    return reload.call(this, (...args) => {
      if (context.req.session !== this) adopt(context.req.session, context)
      callback(...args)
    })
  })
}

function define (session, name, value) {
  Object.defineProperty(session, name, { configurable: true, enumerable: false, value, writable: true })
}
