'use strict'

module.exports = { forgetAnswer, methodsOf, restoreMethods, setStatus, statusOf }

/*
 * Takes back an answer of which nothing was sent, so that an error can be answered in its place.
 */

/** Headers that describe the answer that was given up, and not the one to the error. */
const OF_THE_ANSWER = [
  'Accept-Ranges', 'Content-Disposition', 'Content-Encoding', 'Content-Language', 'Content-Length', 'Content-Location', 'Content-Range',
  'Content-Type', 'ETag', 'Expires', 'Last-Modified', 'Location', 'Trailer', 'Transfer-Encoding'
]

/**
 * Takes back what the app has said of the answer that was given up.
 *
 * @param {any} res
 */
function forgetAnswer (res) {
  if (res.headersSent || typeof res.removeHeader !== 'function') return
  for (const name of OF_THE_ANSWER) res.removeHeader(name)
  // How long the answer may be cached says nothing of the error; that nothing may, does.
  if (!/\b(no-store|private)\b/i.test(String(res.getHeader('Cache-Control')))) res.removeHeader('Cache-Control')
  setStatus(res, { statusCode: 500, statusMessage: undefined })
}

/** @param {any} res */
function statusOf (res) {
  // HTTP/2 has no status messages: Node warns if one is read.
  return { statusCode: res.statusCode, statusMessage: res._implicitHeader === undefined ? undefined : res.statusMessage }
}

/**
 * @param {any} res
 * @param {{statusCode: any, statusMessage: any}} status
 */
function setStatus (res, { statusCode, statusMessage }) {
  if (res.statusCode !== statusCode) res.statusCode = statusCode
  if (res._implicitHeader !== undefined && res.statusMessage !== statusMessage) res.statusMessage = statusMessage
}

/** The methods that a wrapper of responses replaces; compression replaces `on` too. */
const WRAPPED = /** @type {const} */ (['writeHead', 'write', 'end', 'flushHeaders', 'on'])

/**
 * @param {any} res
 * @return {any} its methods, and under `own` those that are not of its prototype
 */
function methodsOf (res) {
  const methods = /** @type {any} */ ({ own: WRAPPED.filter(name => Object.hasOwn(res, name)) })
  for (const name of WRAPPED) methods[name] = res[name]
  return methods
}

/**
 * Takes back what was replaced since.
 *
 * @param {any} res
 * @param {any} methods from `methodsOf`
 */
function restoreMethods (res, methods) {
  for (const name of WRAPPED) {
    if (methods.own.includes(name)) res[name] = methods[name]
    else delete res[name]
  }
}
