'use strict'

module.exports = { quickToJSON }

const { getTime, toJSON, toISOString } = Date.prototype

/** Where the milliseconds stand in `2026-11-22T03:04:05.678Z`. */
const MS_AT = 20
/** The first moments without a text of that length. */
const FIRST = Date.parse('0000-01-01T00:00:00.000Z')
const END = Date.parse('9999-12-31T23:59:59.999Z') + 1

/**
 * A copy of a Date that knows a quicker way to its JSON text, which is the same: cookies of one app expire within the
 * same few seconds, and JSON.stringify takes 1.8 µs for a Date, three times as much as for all else in a cookie.
 * A replacer looks at the object that JSON is at, and still finds a Date.
 *
 * @param {*} value returned as it is when it is no Date, or one whose text somebody has a say in
 */
function quickToJSON (value) {
  if (!(value instanceof Date) || value.toJSON !== toJSON || value.toISOString !== toISOString) return value
  const date = new Date(getTime.call(value))
  Reflect.defineProperty(date, 'toJSON', { value: isoText })
  return date
}

/** @type {number|undefined} */
let lastSecond
/** @type {string} */
let lastText // up to the milliseconds

/** @this {Date} */
function isoText () {
  const moment = getTime.call(this)
  if (!(moment >= FIRST && moment < END)) return toJSON.call(this)

  const second = Math.floor(moment / 1000)
  if (second !== lastSecond) {
    lastText = toISOString.call(this).slice(0, MS_AT)
    lastSecond = second
  }
  return lastText + String(moment - second * 1000).padStart(3, '0') + 'Z'
}
