'use strict'

const { isUint8Array } = require('util').types

module.exports = { atFinish, hookHeaders, holdEnd, isBody, isMock, writesOwnHeaders }

/**
 * Calls `context.beforeHeaders()` just before the headers of `res` are written. Headers given to
 * `writeHead` are set on `res` first, so that they are seen there.
 *
 * @param {any} res
 * @param {{beforeHeaders: () => void}} context
 * @return {Function} the new `res.writeHead`
 */
function hookHeaders (res, context) {
  const { writeHead } = res

  /**
   * @param {number} statusCode
   * @param {any} reason
   * @param {any} headers
   */
  function hooked (statusCode, reason, headers) {
    if (typeof reason !== 'string') {
      if (headers == null) headers = reason
      reason = undefined
    }

    // What is wrong with the status, or with a second call, Node says itself.
    if (headers) setHeaders(res, headers)
    res.statusCode = statusCode
    context.beforeHeaders()

    if (writeHead === undefined) return res // a mock's
    return reason === undefined ? writeHead.call(res, statusCode) : writeHead.call(res, statusCode, reason)
  }

  res.writeHead = hooked
  if (isMock(res)) {
    hookMock(res, 'write', context)
    hookMock(res, 'flushHeaders', context)
  }
  return hooked
}

/**
 * Test doubles, as node-mocks-http's, are no responses of Node, even when Express has given them its prototype. Their
 * methods do not call each other as Node's do, `headersSent` forbids no header, and there is no client that reads along.
 *
 * @param {any} res
 */
function isMock (res) {
  return !('_header' in res)
}

/**
 * @param {any} res
 * @param {string} name of a method that begins the response
 * @param {{beforeHeaders: () => void}} context
 */
function hookMock (res, name, context) {
  if (!(name in res)) return
  const method = res[name]
  const hooked = (/** @type {any[]} */ ...args) => {
    context.beforeHeaders()
    return method.apply(res, args)
  }
  res[name] = hooked
}

/**
 * Sets what was given to `writeHead`: an object, a flat array, or an array of pairs.
 *
 * @param {any} res
 * @param {any} headers
 */
function setHeaders (res, headers) {
  if (!Array.isArray(headers)) {
    for (const name of Object.keys(headers)) {
      if (name) res.setHeader(name, headers[name])
    }
    return
  }

  const flat = Array.isArray(headers[0]) ? headers.flat() : headers
  if (flat.length % 2 !== 0) throw new TypeError('headers array is malformed')

  // They replace headers set before, but may repeat a name among themselves.
  for (let i = 0; i < flat.length && !res.headersSent; i += 2) res.removeHeader(flat[i])
  for (let i = 0; i < flat.length; i += 2) {
    if (flat[i]) appendHeader(res, flat[i], flat[i + 1])
  }
}

/**
 * @param {any} res
 * @param {string} name
 * @param {any} value
 */
function appendHeader (res, name, value) {
  const previous = res.getHeader(name)
  res.setHeader(name, previous === undefined ? value : [].concat(previous, value))
}

/**
 * Sends all of a response but its very end, so that a client which waits for the whole body waits for
 * the session too.
 *
 * @param {any} res
 * @param {Function} write and
 * @param {Function} end that `res` had when the middleware came
 * @param {any} chunk
 * @param {any} encoding
 * @return {() => void} sends the end
 */
function holdEnd (res, write, end, chunk, encoding) {
  sendHeaders(res)

  if (chunk == null || isMock(res)) {
    return () => end.call(res, chunk, encoding)
  }

  // The client counts the bytes: keep the last one back.
  if (Number(res.getHeader('Content-Length')) > 0) {
    // Two Buffers take 0.5 µs and more, with their collection. Latin-1, because Node sends the headers along with a string.
    if (isAscii(chunk, encoding) && isUnwrapped(res, write, end)) {
      write.call(res, chunk.slice(0, -1), 'latin1')
      return () => end.call(res, chunk.slice(-1), 'latin1')
    }

    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk
    if (bytes.length > 0) {
      write.call(res, bytes.subarray(0, -1))
      return () => end.call(res, bytes.subarray(-1))
    }
  }

  write.call(res, chunk, encoding)
  return () => end.call(res)
}

/**
 * Whether a body has as many bytes as characters, the same in UTF-8 and Latin-1.
 *
 * @param {any} chunk
 * @param {any} encoding
 */
function isAscii (chunk, encoding) {
  return typeof chunk === 'string' && (encoding == null || encoding === 'utf8' || encoding === 'utf-8') &&
    chunk !== '' && Buffer.byteLength(chunk) === chunk.length
}

/**
 * Whether nobody had wrapped the methods that the response has: wrappers get Buffers from upstream.
 *
 * @param {any} res
 * @param {Function} write
 * @param {Function} end
 */
function isUnwrapped (res, write, end) {
  const prototype = Object.getPrototypeOf(res)
  return prototype !== null && write === prototype.write && end === prototype.end
}

/** @param {any} res */
function sendHeaders (res) {
  if (res.headersSent || res._header) return
  if (typeof res._implicitHeader === 'function') {
    res._implicitHeader()
  } else {
    res.writeHead(res.statusCode)
  }
}

/**
 * The responses of node:http2, and mocks, send their headers from `end` without calling `writeHead`.
 *
 * @param {any} res
 */
function writesOwnHeaders (res) {
  if (typeof res.setHeader !== 'function') return false
  return isMock(res) || (res._implicitHeader === undefined && !res.headersSent)
}

/**
 * Whether Node takes `chunk` as the body given to `end`.
 *
 * @param {any} chunk
 */
function isBody (chunk) {
  return chunk == null || typeof chunk === 'string' || isUint8Array(chunk)
}

/**
 * What Node does with the callback of `end`. It is not handed on to the `end` that was there before:
 * wrappers of it take a body and an encoding at most. Mocks need not emit 'finish'.
 *
 * @param {any} res
 * @param {Function} end
 * @param {() => void} callback
 * @return {Function} the `end` to call
 */
function atFinish (res, end, callback) {
  if (!isMock(res)) {
    res.once('finish', callback)
    return end
  }
  return (/** @type {any} */ chunk, /** @type {any} */ encoding) => {
    const result = end.call(res, chunk, encoding)
    callback()
    return result
  }
}
