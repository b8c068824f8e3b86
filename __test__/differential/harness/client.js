'use strict'

const http = require('node:http')
const http2 = require('node:http2')
const crypto = require('node:crypto')

// The browser of a scenario. It never forgets: every session cookie it was given stays in
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
      const eq = line.indexOf('=')
      if (line.slice(0, eq) !== this.name) continue
      const semi = line.indexOf(';')
      const value = line.slice(eq + 1, semi === -1 ? undefined : semi)
      if (!this.last || this.last.value !== value) {
        const raw = decode(value)
        this.history.push({ value, sid: raw.slice(2, raw.lastIndexOf('.')), signature: raw.slice(raw.lastIndexOf('.') + 1) })
      }
    }
  }
}

function decode (text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function sign (sid, secret) {
  return sid + '.' + crypto.createHmac('sha256', secret).update(sid).digest('base64').replace(/=+$/, '')
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

const agent = new http.Agent({ keepAlive: true })

// One request. Resolves with what came back, also when that was nothing.
function request ({ port, method, path, headers, body, onHeaders }) {
  const out = { informational: [] }
  let finish
  const promise = new Promise((resolve) => (finish = resolve))
  const req = http.request({ host: '127.0.0.1', port, method, path, headers, agent })
  const chunks = []
  req.on('information', (info) => {
    const lines = []
    for (let i = 0; i < info.rawHeaders.length; i += 2) lines.push([info.rawHeaders[i], info.rawHeaders[i + 1]])
    out.informational.push({ status: info.statusCode, headers: lines })
  })
  req.on('error', (err) => {
    if (!out.status) out.failed = err.code || err.message
    finish(out)
  })
  req.on('response', (res) => {
    out.status = res.statusCode
    out.message = res.statusMessage
    out.version = res.httpVersion
    out.headers = []
    for (let i = 0; i < res.rawHeaders.length; i += 2) out.headers.push([res.rawHeaders[i], res.rawHeaders[i + 1]])
    res.on('data', (c) => chunks.push(c))
    res.on('error', () => {})
    res.on('close', () => {
      out.complete = res.complete
      out.body = Buffer.concat(chunks).toString('latin1')
      if (res.rawTrailers.length) out.trailers = res.rawTrailers
      finish(out)
    })
    if (onHeaders) onHeaders(req)
  })
  req.end(body)
  return { promise, abort: () => req.destroy() }
}

// The same over HTTP/2 in clear text.
function request2 ({ port, method, path, headers, body }) {
  const out = { informational: [] }
  let finish
  const promise = new Promise((resolve) => (finish = resolve))
  const client = http2.connect(`http://127.0.0.1:${port}`)
  const done = () => {
    client.close()
    finish(out)
  }
  client.on('error', (err) => {
    out.failed = err.code
    done()
  })
  const req = client.request({ ':method': method, ':path': path, ...headers })
  const chunks = []
  req.on('response', (h) => {
    out.status = h[':status']
    out.headers = Object.keys(h)
      .filter((k) => k[0] !== ':')
      .flatMap((k) => (Array.isArray(h[k]) ? h[k].map((v) => [k, v]) : [[k, String(h[k])]]))
  })
  req.on('data', (c) => chunks.push(c))
  req.on('error', (err) => {
    out.failed = err.code
  })
  req.on('close', () => {
    out.complete = !out.failed
    out.body = Buffer.concat(chunks).toString('latin1')
    done()
  })
  req.end(body)
  return { promise, abort: () => req.close() }
}

module.exports = { Jar, cookieHeader, request, request2, sign, agent }
