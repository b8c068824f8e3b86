'use strict'

module.exports = { isIllFormed, isLatin1 }

const BEYOND = /[\u0100-\uffff]/
const HALF_A_PAIR = /[\ud800-\udfff]/u

/**
 * Whether V8 can keep a text with one byte a character. For a text that it keeps so, this takes constant time.
 *
 * @param {string} text
 */
function isLatin1 (text) {
  return !BEYOND.test(text)
}

/**
 * Whether a text contains half a surrogate pair: UTF-8 has no such thing, and all of them become one character.
 *
 * @param {string} text
 */
function isIllFormed (text) {
  return HALF_A_PAIR.test(text)
}
