'use strict'

const Cookie = require('./cookie')

/**
 * @typedef {object} Template
 * @property {number} number the engine's
 * @property {any} data the attributes, with no expiry
 * @property {object|undefined} attributes those that differ from the defaults
 *
 * @typedef {object} Texts an engine that keeps the texts of templates
 * @property {(prefix: string, suffix?: string) => number} intern
 * @property {(number: number) => any} templateText
 */

/** The last moment whose ISO text has a year of four digits. Cookies beyond it are stored as text. */
const LAST_MOMENT = Date.parse('9999-12-31T23:59:59.999Z')
/** Marks the place of the expiry in a cookie's JSON: no other key contains a quoted "expires". */
const HOLE = '"expires":null'

/**
 * The cookie templates of one store. Nearly all cookies have the same attributes and differ in their expiry alone, so
 * the engine keeps the attributes' text once and knows it by a number.
 */
class Templates {
  /** @param {Texts} engine */
  constructor (engine) {
    this.engine = engine
    /** @type {Template|undefined} */
    this.last = undefined
    /** @type {Map<string, Template>} */
    this.byText = new Map()
    /** @type {Template[]} */
    this.byNumber = []
  }

  /**
   * The template of the attributes `data`, or undefined when they have to be stored as text.
   *
   * @param {any} data
   */
  of (data) {
    const { expires } = data
    if (expires !== null && !isMoment(expires)) return undefined

    const { last } = this
    if (last !== undefined && last.data.originalMaxAge === data.originalMaxAge && Cookie.sameAttributes(last.data, data)) {
      return last
    }

    // With a fixed expiry, originalMaxAge is what was left of it. It differs at each request, and would use up the templates.
    if (data.originalMaxAge % 1000 !== 0) return undefined

    const template = this.intern(...cut(data))
    if (template !== undefined) this.last = template
    return template
  }

  /**
   * The template with a number that the engine gave.
   *
   * @param {number} number
   */
  numbered (number) {
    let template = this.byNumber[number]
    if (template === undefined) {
      const [prefix, suffix] = this.engine.templateText(number)
      template = this.add(number, prefix, suffix)
    }
    return template
  }

  /**
   * @param {string} prefix
   * @param {string} [suffix]
   */
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

  /**
   * Without a suffix, the cookie's text has no expiry.
   *
   * @param {number} number
   * @param {string} prefix
   * @param {string} [suffix]
   */
  add (number, prefix, suffix) {
    const data = JSON.parse(suffix === undefined ? prefix : prefix + 'null' + suffix)
    const template = { number, data, attributes: ownAttributes(data) }
    this.byNumber[number] = template
    return template
  }

  /**
   * The cookie that a template and an expiry stand for, as `Store.prototype.createSession` would make it from the text.
   *
   * @param {Template} template
   * @param {number} expires in ms since the epoch, NaN for none
   */
  static cookieFrom (template, expires) {
    const cookie = new Cookie(template.attributes)
    const { originalMaxAge } = template.data
    if (!Number.isNaN(expires)) Cookie.setExpires(cookie, new Date(expires), originalMaxAge)
    cookie.originalMaxAge = originalMaxAge
    return cookie
  }
}

/**
 * The JSON text of cookie attributes before and after the value of `expires`.
 *
 * @param {any} data
 * @return {[string, string]}
 */
function cut (data) {
  const text = JSON.stringify({ ...data, expires: null })
  const at = text.indexOf(HOLE) + HOLE.length - 'null'.length
  return [text.slice(0, at), text.slice(at + 'null'.length)]
}

/**
 * The attributes that differ from those of `new Cookie()`; undefined, for most apps.
 *
 * @param {any} data
 */
function ownAttributes (data) {
  /** @type {any} */
  const defaults = new Cookie()
  const attributes = { ...data }
  delete attributes.originalMaxAge
  delete attributes.expires
  for (const key of Object.keys(attributes)) {
    if (attributes[key] === defaults[key]) delete attributes[key]
  }
  return Object.keys(attributes).length > 0 ? attributes : undefined
}

/** @param {any} value */
function isMoment (value) {
  return value instanceof Date && value.getTime() >= 0 && value.getTime() <= LAST_MOMENT
}

module.exports = { Templates }
