'use strict'

const { randomBytes } = require('crypto')

/** A new session id: 24 random bytes as 32 characters of URL-safe Base64, as uid-safe makes them. */
module.exports = function generateId () {
  return randomBytes(24).toString('base64url')
}
