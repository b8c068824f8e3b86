'use strict'

const { parseSetCookie, sign, splitSigned } = require('../../helpers/client')

// The cookies of a scenario's browser. It never forgets: every session cookie it was given stays in
// `history`, so that a scenario can present an old one.
class Jar {
  constructor (name) {
    this.name = name
    this.history = []
  }

  get last () {
    return this.history[this.history.length - 1]
  }

  take (setCookies) {
    for (const line of setCookies) {
      const { name, value } = parseSetCookie(line)
      if (name === this.name && (!this.last || this.last.value !== value)) this.add(value)
    }
  }

  add (value) {
    this.history.push({ value, ...splitSigned(value) })
  }
}

const NOBODY = { value: 's%3Anobody.AAAA', sid: 'nobody', signature: 'AAAA' }

// The value that `spec` asks for, or undefined.
function value (spec, jar, secrets) {
  const have = jar.last
  const { sid, signature } = have || NOBODY
  const enc = encodeURIComponent
  if (typeof spec === 'object') {
    if ('old' in spec) {
      const n = jar.history.length
      return n ? jar.history[spec.old % n].value : undefined
    }
    if ('sid' in spec) {
      const secret = 'wrong' in spec ? spec.wrong : secrets[spec.secret || 0]
      const text = 's:' + sign(typeof spec.sid === 'string' ? spec.sid : spec.sid.$repeat[0].repeat(spec.sid.$repeat[1]), secret)
      return spec.plain ? text : enc(text)
    }
    throw new Error(`cookie ${JSON.stringify(spec)}`)
  }
  switch (spec) {
    case 'keep':
      return have && have.value
    case 'drop':
      return undefined
    case 'plain':
      return `s:${sid}.${signature}`
    case 'quoted':
      return `"${enc(`s:${sid}.${signature}`)}"`
    case 'forge':
      return enc(`s:${sid}.${(signature[0] === 'A' ? 'B' : 'A') + signature.slice(1)}`)
    case 'otherid':
      return enc(`s:${[...sid].slice(0, -1).join('')}${sid.endsWith('x') ? 'y' : 'x'}.${signature}`)
    case 'truncate':
      return enc(`s:${sid}.${signature.slice(0, -1)}`)
    case 'truncate-all':
      return enc(`s:${sid}.`)
    case 'nodot':
      return enc(`s:${sid}`)
    case 'double':
      return enc(`s:${sid}.${signature}.${signature}`)
    case 'double-s':
      return enc(`s:s:${sid}.${signature}`)
    case 'padded':
      return enc(`s:${sid}.${signature}=`)
    case 'spaced':
      return enc(`s:${sid}.${signature} `)
    case 'urlsafe':
      return enc(`s:${sid}.${signature.replace(/\+/g, '-').replace(/\//g, '_').replace(/^\w/, '-')}`)
    case 'latin1':
      return `s:${sid}.\xe9\xff\x80${signature.slice(3)}`
    case 'badpercent':
      return `s%3A${sid}.%E0%A4%A${signature}`
    case 'bad-utf8':
      return `s%3A${sid}.%ff%fe${signature.slice(2)}`
    case 'surrogate':
      return `s%3A%ED%A0%80${sid}.${signature}`
    case 'unsigned':
      return sid
    case 'upper':
      return enc(`S:${sid}.${signature}`)
    case 'empty':
      return ''
    case 's':
      return 's%3A'
    case 'dot':
      return enc('s:.')
    default:
      throw new Error(`cookie ${spec}`)
  }
}

// The Cookie header for a step, or undefined.
function cookieHeader (spec, jar, secrets) {
  if (spec === undefined) spec = 'keep'
  const one = (s) => {
    const v = value(s, jar, secrets)
    return v === undefined ? [] : [`${jar.name}=${v}`]
  }
  if (typeof spec === 'object') {
    if ('several' in spec) {
      const parts = spec.several.flatMap((s) => (typeof s === 'object' && 'text' in s ? [s.text] : one(s)))
      return parts.length ? parts.join(spec.by || '; ') : undefined
    }
    if ('raw' in spec) {
      const have = jar.last || NOBODY
      const text =
        typeof spec.raw === 'string'
          ? spec.raw
          : spec.raw.$repeat
            ? spec.raw.$repeat[0].repeat(spec.raw.$repeat[1])
            : String.fromCharCode(...spec.raw.$bytes)
      return text
        .replaceAll('{name}', jar.name)
        .replaceAll('{value}', have.value)
        .replaceAll('{sid}', have.sid)
        .replaceAll('{signature}', have.signature)
    }
  }
  return one(spec).join('')
}

module.exports = { Jar, cookieHeader }
