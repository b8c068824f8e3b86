'use strict'

const crypto = require('node:crypto')
const { BASE } = require('./clock')

// A scenario is JSON. What JSON can not say is written as an object with one key that starts
// with `$`; this makes the values.

const makers = {
  $date: (ms) => new Date(BASE + ms),
  $buffer: (text) => Buffer.from(text),
  $u8: (text) => new Uint8Array(Buffer.from(text)),
  $u16: (list) => new Uint16Array(list),
  $dataview: (text) => {
    const b = Uint8Array.from(Buffer.from(text))
    return new DataView(b.buffer)
  },
  $arraybuffer: (text) => Uint8Array.from(Buffer.from(text)).buffer,
  $key: (text) => crypto.createSecretKey(Buffer.from(text)),
  $undefined: () => undefined,
  $nan: () => NaN,
  $infinity: () => Infinity,
  $bigint: (text) => BigInt(text),
  $symbol: (text) => Symbol(text),
  $repeat: ([text, n]) => text.repeat(n),
  $bytes: (list) => String.fromCharCode(...list),
  $function: () => function () {},
  $invalidDate: () => new Date(NaN),
  $proto: (json) => JSON.parse(json)
}

function genids (kind, world) {
  let n = 0
  return function genid (req) {
    world.log('genid', req === world.lastReq ? 'req' : typeof req)
    n += 1
    switch (kind) {
      case 'counter':
        return `id-${n}`
      case 'odd':
        return `ü ${n}/"%;,=\u{1F36A}`
      case 'url':
        return `${req.url}#${n}`
      case 'long':
        return `${n}-`.padEnd(10000, 'x')
      case 'empty':
        return ''
      case 'number':
        return n
      case 'undefined':
        return undefined
      case 'object':
        return { n }
      case 'same':
        return 'the-one'
      case 'throws':
        throw new Error('no ids today')
      default:
        throw new Error(`genid ${kind}`)
    }
  }
}

function cookieFunction (spec, world) {
  const byUrl = spec.byUrl
  return function cookie (req) {
    world.log('cookie function', req === world.lastReq ? 'req' : typeof req)
    if (spec.throws) throw new Error(spec.throws)
    if (byUrl) {
      const key = Object.keys(byUrl).find((k) => k !== '*' && req.url.startsWith(k)) || '*'
      return revive(byUrl[key], world)
    }
    return revive(spec.returns, world)
  }
}

function revive (value, world) {
  if (Array.isArray(value)) return value.map((v) => revive(v, world))
  if (value === null || typeof value !== 'object') return value
  const keys = Object.keys(value)
  if (keys.length === 1 && keys[0][0] === '$') {
    const k = keys[0]
    if (k === '$genid') return genids(value[k], world)
    if (k === '$cookie') return cookieFunction(value[k], world)
    if (makers[k]) return makers[k](value[k])
    if (k !== '$session') throw new Error(`unknown value ${k}`)
  }
  const out = {}
  for (const k of keys) {
    Object.defineProperty(out, k, { value: revive(value[k], world), enumerable: true, configurable: true, writable: true })
  }
  return out
}

module.exports = { revive }
