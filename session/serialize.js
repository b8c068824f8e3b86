'use strict'

module.exports = { dataText }

/**
 * The JSON text of a session without its own `cookie`: two texts are equal when nothing but the
 * cookie has changed. Keys called `cookie` further down count.
 *
 * @throws what JSON.stringify throws (cycles, BigInt, a toJSON of the app)
 */
function dataText (session) {
  const cookie = session.cookie

  // Nothing but a cookie: a new session, the case of every anonymous request.
  if (isEmpty(session)) return '{}'

  // JSON leaves out what is undefined. A replacer function would be called for every value, and a copy
  // without the cookie costs as much as the whole text.
  if (cookie !== undefined && typeof session.toJSON !== 'function' && take(session)) {
    try {
      return JSON.stringify(session)
    } finally {
      session.cookie = cookie
    }
  }

  return JSON.stringify(session, function (key, value) {
    return this === session && key === 'cookie' ? undefined : value
  })
}

function isEmpty (session) {
  for (const key in session) {
    if (key !== 'cookie') return false
  }
  return typeof session.toJSON !== 'function'
}

/** Takes the cookie out; false for a session that does not let it go (frozen, or an accessor). */
function take (session) {
  try {
    session.cookie = undefined
  } catch {
    return false
  }
  return session.cookie === undefined
}
