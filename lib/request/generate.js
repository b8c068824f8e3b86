'use strict'

const Cookie = require('../cookie/cookie')
const { isSecure } = require('../http/secure')
const Session = require('../session/session')

module.exports = { generateSession }

/**
 * Gives `req` a new id and an empty session: what `store.generate` does.
 *
 * @param {any} req
 * @param {import('./options').Config} config
 * @param {any} cookieOptions
 */
function generateSession (req, config, cookieOptions) {
  const { secure, sameSite } = cookieOptions
  /** @type {any} */
  const cookie = new Cookie(cookieOptions)

  if (secure === 'auto' || sameSite === 'auto') {
    const overTls = isSecure(req, config.trustProxy)
    if (secure === 'auto') cookie.secure = overTls
    if (sameSite === 'auto') cookie.sameSite = overTls ? 'none' : 'lax'
  }

  req.sessionID = config.generateId(req)
  req.session = new Session(req)
  req.session.cookie = cookie
}
