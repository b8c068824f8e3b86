'use strict'

const { parse } = require('url')

module.exports = { pathMatches }

/**
 * Whether the request's path is within `cookiePath`, as RFC 6265 §5.1.4 says: `/admin` holds `/admin`
 * and `/admin/users`, not `/administrator`. The path is the one that the client asked for, whatever
 * routers have cut off it.
 *
 * @param {any} req
 * @param {string} cookiePath
 */
function pathMatches (req, cookiePath) {
  const url = typeof req.originalUrl === 'string' ? req.originalUrl : req.url
  if (cookiePath === '/' && url[0] === '/') return true

  const pathname = pathnameOf(url)
  if (!pathname.startsWith(cookiePath)) return false
  return pathname.length === cookiePath.length || cookiePath.endsWith('/') || pathname[cookiePath.length] === '/'
}

/** @param {string} url */
function pathnameOf (url) {
  if (/^\/[^\s#]*$/.test(url)) {
    const query = url.indexOf('?')
    return query === -1 ? url : url.slice(0, query)
  }

  // An absolute URL, an empty one, or characters that no client should send.
  try {
    return parse(url).pathname || '/'
  } catch {
    return '/'
  }
}
