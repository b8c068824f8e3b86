'use strict'

const { expiredCookieText } = require('../cookie/set-cookie')

module.exports = { clearCookie }

/**
 * The clearCookie option: makes the client forget its cookie, when the app has destroyed or unset the session that it
 * had.
 *
 * @param {import('./context')} context
 */
function clearCookie (context) {
  const { config, cookieId, clientCookie } = context
  // When there was no session to begin with, the store has failed: the client keeps its cookie.
  if (cookieId === undefined || !clientCookie || context.isWithheld(clientCookie)) return
  context.appendCookie(expiredCookieText(config.name, clientCookie.data || clientCookie))
}
