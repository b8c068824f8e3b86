'use strict'

const debug = require('./debug')
const deprecate = require('depd')('express-session')

module.exports = { readCookie, readParsedCookies }

/** The session id that a request's cookie names with a valid signature, or undefined. */
function readCookie (req, name, keyring) {
  const header = req.headers.cookie
  const sid = header ? keyring.open(header) : undefined
  return sid || readParsedCookies(req, name, keyring, sid)
}

/** The same from what cookie-parser has left on the request: what the header should have had. */
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
