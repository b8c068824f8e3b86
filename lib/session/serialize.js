'use strict'

module.exports = { dataText, hasMembers }

/**
 * The JSON text of a session without its own `cookie`. Keys called `cookie` further down count.
 *
 * @param {any} session
 * @throws what JSON.stringify throws (cycles, BigInt, a toJSON of the app)
 */
function dataText (session) {
  if (hasMembers(session)) {
    try {
      // A copy: what the app runs meanwhile (getters, toJSON) may look at the session and its cookie. A replacer
      // function would be called for every value.
      const { cookie, ...data } = session
      return JSON.stringify(data)
    } catch {
      // Said of the session itself, below.
    }
  }

  return JSON.stringify(session, function (key, value) {
    return this === session && key === 'cookie' ? undefined : value
  })
}

/**
 * Whether JSON takes a session for an object with members, as nearly all are.
 *
 * @param {any} session
 */
function hasMembers (session) {
  return typeof session === 'object' && typeof session.toJSON !== 'function' && !Array.isArray(session)
}
