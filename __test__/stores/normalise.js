'use strict'

/*
 * Makes the records of two runs comparable: random ids become <id 1>, <id 2> … in the order in which they were seen,
 * points in time become distances from now. Key order and everything else stays, so that texts are compared byte by byte.
 */

const TIME = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00(?::?00)?)?|(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat), \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT|(?<![\w.])\d{4,13}(?:\.\d+)?(?![\w.])/g
const SIGNED = /(<id \d+>)\.[A-Za-z0-9+/]{43}/g

class Normaliser {
  constructor () {
    this.ids = new Map()
    this.count = 0
  }

  id (id) {
    if (typeof id === 'string' && id && !this.ids.has(id)) this.ids.set(id, `<id ${++this.count}>`)
    return id
  }

  /** Any other text that differs between runs. */
  alias (text, name) {
    this.ids.set(text, name)
  }

  normalise (value, now = Date.now()) {
    if (typeof value === 'string') return this.text(value, now)
    if (typeof value === 'number') return number(value, now)
    if (value instanceof Date) return { Date: distance(value.getTime(), now) }
    if (Buffer.isBuffer(value)) return { Buffer: this.text(value.toString(), now) }
    if (Array.isArray(value)) return value.map((item) => this.normalise(item, now))
    if (value instanceof Error) return { Error: this.text(`${value.name}: ${value.message}`, now) }
    if (typeof value === 'bigint') return { BigInt: number(Number(value), now) }
    if (value === null || typeof value !== 'object') return value === undefined ? null : value
    if (typeof value.toJSON === 'function') return this.normalise(value.toJSON(), now)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [this.text(key, now), this.normalise(item, now)]))
  }

  text (text, now) {
    for (const [id, name] of this.ids) {
      text = text.split(id).join(name)
      const encoded = encodeURIComponent(id)
      if (encoded !== id) text = text.split(encoded).join(name)
    }
    return text
      .replace(SIGNED, '$1.<signature>')
      .replace(TIME, (found) => {
        if (/^\d+(\.\d+)?$/.test(found)) return number(Number(found), now)
        return distance(Date.parse(/GMT$|Z$/.test(found) ? found : found.replace(/\+00(:?00)?$/, '').replace(' ', 'T') + 'Z'), now)
      })
  }
}

function number (value, now) {
  if (value >= 1e11) return distance(value, now)
  if (value >= 1e9) return distance(value * 1000, now)
  if (value >= 50000) return `~${Math.round(value / 60000) * 60000}`
  if (value >= 1000) return `~${Math.round(value / 1000) * 1000}`
  return value
}

function distance (time, now) {
  const seconds = Math.round((time - now) / 60000) * 60
  return Math.abs(seconds) > 1e8 ? `<${new Date(time).getUTCFullYear()}>` : `<now ${seconds < 0 ? '-' : '+'} ${Math.abs(seconds)} s>`
}

/** The first difference between two records, in words; undefined when there is none. */
function difference (upstream, ours, path = '') {
  if (Object.is(upstream, ours)) return undefined
  if (upstream && ours && typeof upstream === 'object' && typeof ours === 'object' && Array.isArray(upstream) === Array.isArray(ours)) {
    const keys = [...new Set([...Object.keys(upstream), ...Object.keys(ours)])]
    for (const key of keys) {
      const found = difference(upstream[key], ours[key], path ? `${path}.${key}` : key)
      if (found) return found
    }
    const [first, second] = [Object.keys(upstream).join(), Object.keys(ours).join()]
    return first === second ? undefined : `${path}: upstream has the keys in the order ${first}, ours ${second}`
  }
  return `${path}: upstream ${show(upstream)}, ours ${show(ours)}`
}

function show (value) {
  const text = value === undefined ? 'nothing' : JSON.stringify(value)
  return text.length > 400 ? text.slice(0, 400) + '…' : text
}

/** A record without these keys, wherever they are. */
function without (keys, value) {
  if (!keys || keys.length === 0 || value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map((item) => without(keys, item))
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)).map(([key, item]) => [key, without(keys, item)]))
}

module.exports = { Normaliser, difference, without }
