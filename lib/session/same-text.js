'use strict'

/*
 * Comparing the JSON text of stored data with the one that JSON.stringify makes of a session. They may differ though
 * the data are the same: JSON.rawJSON lets an app store other forms of numbers, and needless escapes.
 */

module.exports = sameText

/** What JSON.stringify never makes of parsed data. Some of what it finds is harmless. */
const MAYBE_RAW = /[:,[](?:-0[,}\]]|-?(?:\d[\d.]{15}|\d+(?:\.\d*)?[eE]|\d+\.\d*0[,}\]]|0\.0{6}))|\\[u/]/
/** Longer than any number or escape that JSON.stringify makes: a raw value that begins earlier differs earlier. */
const AROUND = 32

/**
 * Whether two texts are of the same data.
 *
 * @param {string} stored
 * @param {string} text made by JSON.stringify
 */
function sameText (stored, text) {
  if (stored === text) return true
  // Where the texts differ for the first time, the data do, unless that is inside of a raw value.
  const at = commonStart(stored, text)
  return MAYBE_RAW.test(stored.slice(Math.max(0, at - AROUND), at + AROUND)) && JSON.stringify(JSON.parse(stored)) === text
}

/**
 * How many characters two texts have in common, before they differ. V8 compares slices faster than a loop does characters.
 *
 * @param {string} a
 * @param {string} b
 */
function commonStart (a, b) {
  let same = 0
  let most = Math.min(a.length, b.length)
  while (same < most) {
    const middle = (same + most + 1) >>> 1
    if (a.slice(same, middle) === b.slice(same, middle)) same = middle
    else most = middle - 1
  }
  return same
}
