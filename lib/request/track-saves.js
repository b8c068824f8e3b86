'use strict'

const Session = require('../session/session')

module.exports = { trackSaves }

/**
 * Has a session tell the context of its request when the app saves it. Our sessions do so by themselves. A store may
 * make others, of its own copy of express-session, and an app may replace the methods.
 */
function trackSaves (session, context) {
  const { save, reload } = session
  if (save === Session.save || typeof save !== 'function') return

  define(session, 'save', function (...args) {
    context.noteSaved(this)
    const known = context.handDown(this)
    try {
      return save.apply(this, args)
    } finally {
      context.takeBack(this, known)
    }
  })

  define(session, 'reload', function (callback) {
    return reload.call(this, (...args) => {
      if (context.req.session !== this) trackSaves(context.req.session, context)
      callback(...args)
    })
  })
}

function define (session, name, value) {
  Object.defineProperty(session, name, { configurable: true, enumerable: false, value, writable: true })
}
