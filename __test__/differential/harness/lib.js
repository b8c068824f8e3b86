'use strict'

require('./clock')

const path = require('node:path')

// What is compared. DIFF_SUBJECT puts another package in our place (a path, or a package's name).
const subject = process.env.DIFF_SUBJECT || path.join(__dirname, '../../..')

function describe (name, session) {
  return {
    name,
    session,
    Store: session.Store,
    MemoryStore: session.MemoryStore,
    Session: session.Session,
    Cookie: session.Cookie
  }
}

// Deprecation messages have a test of their own; here they would drown everything else.
if (!process.env.NO_DEPRECATION) process.env.NO_DEPRECATION = 'express-session'

// The warning about secure cookies has a test of its own in process.test.js.
const warnings = process.listeners('warning')
process.removeAllListeners('warning')
process.on('warning', (warning) => {
  if (warning.name !== 'SessionWarning') for (const listener of warnings) listener.call(process, warning)
})

let ours
let upstream

module.exports = {
  describe,
  subject,
  get upstream () {
    return (upstream ||= describe('express-session', require('express-session')))
  },
  get ours () {
    return (ours ||= describe('express-session-native', require(subject)))
  }
}
