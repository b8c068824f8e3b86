'use strict'

module.exports = { isSecure }

/**
 * Whether the request came over TLS.
 *
 * @param {any} req
 * @param {boolean} [trustProxy] true: X-Forwarded-Proto counts; false: the socket alone; undefined:
 *   `req.secure`, which Express sets by its "trust proxy" setting
 */
function isSecure (req, trustProxy) {
  if (req.connection && req.connection.encrypted) return true
  if (trustProxy === false) return false
  if (trustProxy !== true) return req.secure === true

  const [protocol] = (req.headers['x-forwarded-proto'] || '').split(',', 1)
  return protocol.trim().toLowerCase() === 'https'
}
