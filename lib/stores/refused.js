'use strict'

/** Why an engine does not store a session: the same words from each engine with a bound on bytes. */
module.exports = { outOfMemory, outranked, tooLarge }

function tooLarge () {
  return refusal('the session is larger than the maxBytes of the store')
}

function outOfMemory () {
  return new RangeError('the system has no memory for the session')
}

function outranked () {
  return refusal('the session is larger than the tenth of maxBytes that sessions of higher rank leave it')
}

/** @param {string} why */
function refusal (why) {
  return Object.assign(new RangeError(why), { code: 'ERR_SESSION_TOO_LARGE' })
}
