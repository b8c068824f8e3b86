'use strict'

const debug = require('../util/debug')
const deprecate = require('depd')('express-session')

module.exports = { readParsedCookies }

/**
 * The session id that cookie-parser has left on the request. The header should have had it: its use is deprecated.
 *
 * @param {any} req
 * @param {string} name
 * @param {import('../cookie/plain-keyring').Keyring} keyring
 * @param {string} [sid] given back when there is none
 */
function readParsedCookies (req, name, keyring, sid) {
  if (req.signedCookies) {
    sid = req.signedCookies[name]
    if (sid) deprecate('cookie should be available in req.headers.cookie')
  }

  if (!sid && req.cookies) {
    const raw = req.cookies[name]
    if (raw && raw.startsWith('s:')) {
      sid = keyring.unsign(raw.slice(2))
      if (sid) deprecate('cookie should be available in req.headers.cookie')
      else debug('cookie signature invalid')
    } else if (raw) {
      debug('cookie unsigned')
    }
  }

  return sid
}
