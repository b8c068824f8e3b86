'use strict'

const { warn } = require('../util/warn')

module.exports = { insecureCookieWarning }

/**
 * @param {{name: string, trustProxy: boolean|undefined}} config
 * @return {(req: any) => void} warns once that a secure cookie was not set on an insecure request. It names the reason
 *   and the setting that fixes it
 */
function insecureCookieWarning ({ name, trustProxy }) {
  let said = false

  return function warnOfInsecureCookie (req) {
    if (said) return
    said = true
    warn('EXPRESS_SESSION_SECURE_COOKIE', `the session cookie "${name}" is secure and was not set: ${reason(req, trustProxy)}`)
  }
}

/**
 * @param {any} req
 * @param {boolean|undefined} trustProxy
 */
function reason (req, trustProxy) {
  const forwarded = req.headers['x-forwarded-proto']

  if (trustProxy === true) {
    return forwarded === undefined
      ? 'the proxy option is true, but the proxy sends no X-Forwarded-Proto header; set it in the proxy'
      : 'the proxy was not reached over HTTPS, says its X-Forwarded-Proto header'
  }
  if (forwarded !== undefined) {
    return trustProxy === false
      ? 'the request came through a proxy, and the proxy option is false; set it to true if the proxy is yours'
      : 'the request came through a proxy that is not trusted; set "trust proxy" in Express, or the proxy option to true'
  }
  return 'the request did not come over HTTPS; serve the app over HTTPS, or set cookie.secure to "auto"'
}
