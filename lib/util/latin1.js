'use strict'

module.exports = { isLatin1 }

const BEYOND = /[\u0100-\uffff]/

/**
 * Whether V8 can keep a text with one byte a character. For a text that it keeps so, this takes constant time.
 *
 * @param {string} text
 */
function isLatin1 (text) {
  return !BEYOND.test(text)
}
