'use strict'

const Cookie = require('./cookie')

/** The last moment whose ISO text has a year of four digits; beyond it cookies are stored as text. */
const LAST_MOMENT = Date.parse('9999-12-31T23:59:59.999Z')
/** What stands in a cookie's JSON where the hole is to be: no other key contains a quoted "expires". */
const HOLE = '"expires":null'

/**
 * Cookies of one store: nearly all have the same attributes and differ in their expiry alone. The
 * engine keeps such a template once and knows it by a number; here are the two directions.
 */
class Templates {
  constructor (engine) {
    this.engine = engine
    this.last = undefined
    this.byText = new Map()
    this.byNumber = []
  }

  /** The template of the cookie attributes `data`, or undefined when they have to be stored as text. */
  of (data) {
    const { expires } = data
    if (expires !== null && !isMoment(expires)) return undefined

    const { last } = this
    if (last !== undefined && last.data.originalMaxAge === data.originalMaxAge && Cookie.sameAttributes(last.data, data)) {
      return last
    }

    // What is left of a fixed expiry differs from request to request: no template.
    if (data.originalMaxAge % 1000 !== 0) return undefined

    const template = this.intern(...cut(data))
    if (template !== undefined) this.last = template
    return template
  }

  /** The template with a number that the engine gave. */
  numbered (number) {
    let template = this.byNumber[number]
    if (template === undefined) {
      const [prefix, suffix] = this.engine.templateText(number)
      template = this.add(number, prefix, suffix)
    }
    return template
  }

  intern (prefix, suffix) {
    const key = prefix + '\0' + suffix
    let template = this.byText.get(key)
    if (template === undefined) {
      const number = this.engine.intern(prefix, suffix)
      if (number < 0) return undefined // there are too many
      template = this.add(number, prefix, suffix)
      this.byText.set(key, template)
    }
    return template
  }

  /** Without a suffix, the cookie's text has no expiry. */
  add (number, prefix, suffix) {
    const data = JSON.parse(suffix === undefined ? prefix : prefix + 'null' + suffix)
    const template = { number, data, attributes: ownAttributes(data) }
    this.byNumber[number] = template
    return template
  }
}

/** The JSON text of cookie attributes before and after the value of `expires`. */
function cut (data) {
  const text = JSON.stringify({ ...data, expires: null })
  const at = text.indexOf(HOLE) + HOLE.length - 'null'.length
  return [text.slice(0, at), text.slice(at + 'null'.length)]
}

/** What a new Cookie does not have by itself; nothing, for most apps. */
function ownAttributes (data) {
  const defaults = new Cookie()
  const attributes = { ...data }
  delete attributes.originalMaxAge
  delete attributes.expires
  for (const key of Object.keys(attributes)) {
    if (attributes[key] === defaults[key]) delete attributes[key]
  }
  return Object.keys(attributes).length > 0 ? attributes : undefined
}

function isMoment (value) {
  return value instanceof Date && value.getTime() >= 0 && value.getTime() <= LAST_MOMENT
}

/**
 * The cookie that a stored template and expiry stand for, as `Store.prototype.createSession` would
 * make it from the text.
 */
Templates.revive = function revive (template, expires) {
  const cookie = new Cookie(template.attributes)
  const { originalMaxAge } = template.data
  if (expires !== undefined) Cookie.setExpires(cookie, new Date(expires), originalMaxAge)
  cookie.originalMaxAge = originalMaxAge
  return cookie
}

module.exports = { Templates }
