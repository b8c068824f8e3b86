'use strict'

module.exports = { markPrivate }

/**
 * Tells shared caches that a response is for one client (RFC 9111 §5.2.2.7, RFC 9110 §12.5.5), in addition to what the
 * app has told them.
 *
 * @param {any} res
 */
function markPrivate (res) {
  add(res, 'Cache-Control', 'private', members => members.includes('private'))
  add(res, 'Vary', 'Cookie', members => members.includes('*') || members.includes('cookie'))
}

/**
 * @param {any} res
 * @param {string} name
 * @param {string} member
 * @param {(members: string[]) => boolean} has whether the header says so by now
 */
function add (res, name, member, has) {
  const previous = typeof res.getHeader === 'function' ? res.getHeader(name) : undefined // a mock may have none
  if (previous === undefined || previous === '') {
    res.setHeader(name, member)
    return
  }
  const text = String(previous) // an array's members come with commas
  if (!has(text.split(',').map(part => part.trim().toLowerCase()))) res.setHeader(name, `${text}, ${member}`)
}
