'use strict'

const { expiredCookieText } = require('../cookie/set-cookie')

module.exports = { attributesOf, clearCookie }

/**
 * A copy of the attributes that the client's cookie has: what the app changes from now on, the client may never get.
 *
 * @param {any} cookie ours, of another express-session, or plain
 */
function attributesOf (cookie) {
  return cookie && { ...(cookie.data || cookie) }
}

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
  context.appendCookie(expiredCookieText(config.name, clientCookie))
}
