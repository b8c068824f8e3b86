'use strict'

const assert = require('node:assert/strict')
const { createHmac, createSecretKey, generateKeyPairSync } = require('node:crypto')
const { test } = require('node:test')
const fc = require('fast-check')
const { arbitraryText } = require('../helpers/text')
const { Keyring } = require('../helpers/internals')

const VERSIONS = {
  'cookie-signature 1.0.7': require('cookie-signature-1.0'),
  'cookie-signature 1.2': require('cookie-signature')
}

const keyring = (...secrets) => new Keyring('connect.sid', secrets)
const sign = (value, ...secrets) => keyring(...secrets).sign(value)
const unsign = (signed, ...secrets) => keyring(...secrets).unsign(signed)

const GOLDEN = [
  ['hello', 'tobiiscool', 'hello.DGDUkGlIkCzPz+C0B064FNgHdEjox7ch8tOBGslZ5QI'],
  ['', '', '.thNnmggU2ex3L5XXeMNfxf8Wl8STcVZTxscSFEKSxa0'],
  ['', 'secret', createHmac('sha256', 'secret').update('').digest('base64').replace(/^/, '.').replace(/=+$/, '')],
  ['a.b.c', 'key', null],
  ['€💥é', 'ключ', null],
  ['\ud800', 'half', null],
  ['x'.repeat(10_000), 'k'.repeat(200), null],
  ['x', 'k'.repeat(64), null],
  ['x', 'k'.repeat(65), null]
]

for (const [value, secret, signed] of GOLDEN) {
  test(`The signature is as recorded: ${JSON.stringify(value).slice(0, 20)} with ${JSON.stringify(secret).slice(0, 20)}`, () => {
    if (signed !== null) assert.equal(sign(value, secret), signed)
    for (const [version, theirs] of Object.entries(VERSIONS)) {
      assert.equal(sign(value, secret), theirs.sign(value, secret), version)
      assert.equal(unsign(theirs.sign(value, secret), secret), value, version)
      assert.equal(theirs.unsign(sign(value, secret), secret), value, version)
    }
  })
}

for (const [version, theirs] of Object.entries(VERSIONS)) {
  test(`Any text is signed as ${version} signs it, and each verifies the other's`, () => {
    fc.assert(fc.property(arbitraryText, arbitraryText, (value, secret) => {
      const signed = sign(value, secret)
      assert.equal(signed, theirs.sign(value, secret))
      assert.equal(theirs.unsign(signed, secret), value)
      assert.equal(unsign(theirs.sign(value, secret), secret), value)
    }), { numRuns: 300 })
  })

  test(`Any text is accepted or refused as ${version} does it`, () => {
    const secret = 'keyboard cat'
    const near = fc.tuple(arbitraryText, fc.nat(60), fc.string({ minLength: 1, maxLength: 2 })).map(([value, at, change]) => {
      const signed = theirs.sign(value, secret)
      const place = Math.max(0, signed.length - at)
      return signed.slice(0, place) + change + signed.slice(place + 1)
    })
    fc.assert(fc.property(fc.oneof(arbitraryText, near), input => {
      assert.equal(unsign(input, secret) ?? false, theirs.unsign(input, secret))
    }), { numRuns: 500 })
  })
}

test('Wrong, truncated, doubled, padded and re-encoded signatures are refused', () => {
  const good = sign('value', 'secret')
  const [value, mac] = good.split('.')
  const last = mac.at(-1)
  const wrong = [
    '', '.', 'value', 'value.', mac, '.' + mac, good + '=', good + ' ', ' ' + good, good.slice(0, -1), good + good, `${value}.${mac}.${mac}`,
    `${value}..${mac}`, good.toLowerCase(), good.replace(/.$/, last === 'A' ? 'B' : 'A'), `other.${mac}`, `${value}.${mac}\0`,
    `${value}.${mac.replace(/\+/g, '-').replace(/\//g, '_')}x`, `${value}.${'A'.repeat(43)}`, `${value}.${'\u00ff'.repeat(43)}`, `${value}.${'€'.repeat(43)}`
  ]
  for (const input of wrong) assert.equal(unsign(input, 'secret'), undefined, JSON.stringify(input))
  // The last character holds four bits of the signature and two that are nothing: only zeros pass.
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  const passing = [...alphabet].filter(char => unsign(good.slice(0, -1) + char, 'secret') !== undefined)
  assert.deepEqual(passing, [last])
})

test('The first of several secrets signs and all verify', () => {
  const ring = keyring('new', Buffer.from('old'), createSecretKey(Buffer.from('older')))
  assert.equal(ring.sign('x'), sign('x', 'new'))
  for (const secret of ['new', 'old', 'older']) assert.equal(ring.unsign(sign('x', secret)), 'x')
  assert.equal(ring.unsign(sign('x', 'another')), undefined)
  const many = Array.from({ length: 300 }, (_, i) => 'secret' + i)
  assert.equal(keyring(...many).unsign(sign('x', 'secret299')), 'x')
})

const bytes = Buffer.from([0, 1, 2, 127, 128, 254, 255, 10, 13, 46, 61, 59, 32, 9, 64, 65])
const KINDS = {
  Buffer: bytes,
  'an empty Buffer': Buffer.alloc(0),
  Uint8Array: new Uint8Array(bytes),
  'part of a larger buffer': new Uint8Array(Buffer.concat([bytes, bytes]).buffer, 3, 9),
  Uint16Array: new Uint16Array([1, 2, 65535]),
  Float64Array: new Float64Array([1.5, -0]),
  BigInt64Array: new BigInt64Array([1n, -1n]),
  DataView: new DataView(new Uint8Array(bytes).buffer, 2, 7),
  ArrayBuffer: new Uint8Array(bytes).buffer,
  KeyObject: createSecretKey(bytes),
  'an empty text': '',
  'a text longer than a block': 'x'.repeat(1000)
}

for (const [kind, key] of Object.entries(KINDS)) {
  test(`${kind} works as a secret`, () => {
    const expected = createHmac('sha256', key).update('value').digest('base64').replace(/=+$/, '')
    assert.equal(sign('value', key), 'value.' + expected)
    assert.equal(unsign('value.' + expected, 'another', key), 'value')
    assert.equal(VERSIONS['cookie-signature 1.2'].unsign(sign('value', key), key), 'value')
  })
}

test('A CryptoKey works as a secret', async () => {
  const { subtle } = require('node:crypto').webcrypto
  const key = await subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, true, ['sign'])
  let expected
  try {
    expected = createHmac('sha256', key).update('value').digest('base64').replace(/=+$/, '')
  } catch (err) {
    assert.throws(() => sign('value', key), { code: err.code })
    return
  }
  assert.equal(sign('value', key), 'value.' + expected)
})

test('A key is read when the keyring is made', () => {
  const buffer = Buffer.from('secret')
  const ring = keyring(buffer)
  buffer.fill(0)
  assert.equal(ring.sign('x'), sign('x', 'secret'))
})

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const NO_KEYS = {
  'a number': 5,
  zero: 0,
  true: true,
  'an object': {},
  'an array': ['x'],
  'a function': () => {},
  'a symbol': Symbol('x'),
  'a bigint': 5n,
  'a date': new Date(0),
  'a map': new Map(),
  'a public key': publicKey,
  'a private key': privateKey,
  'an array of bytes': [1, 2, 3],
  'an object with a length': { byteLength: 4 }
}

for (const [what, secret] of Object.entries(NO_KEYS)) {
  test(`${what} is refused with the error of crypto.createHmac`, () => {
    let expected
    try {
      createHmac('sha256', secret)
    } catch (err) {
      expected = err
    }
    assert.ok(expected, 'createHmac throws')
    const { name, code, message } = expected
    assert.throws(() => keyring(secret), { name, code, message })
    assert.throws(() => keyring('good', secret), { name, code, message })
  })
}

test('undefined and null are refused with the error of cookie-signature', () => {
  for (const secret of [undefined, null]) {
    const call = () => VERSIONS['cookie-signature 1.2'].sign('x', secret)
    assert.throws(call, { name: 'TypeError', message: 'Secret key must be provided.' })
    assert.throws(() => keyring(secret), { name: 'TypeError', message: 'Secret key must be provided.' })
  }
})

test('seal gives `s:` and the signed id, URI-encoded as upstream does it', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), sid => {
    const theirs = encodeURIComponent('s:' + VERSIONS['cookie-signature 1.2'].sign(sid, 'secret'))
    assert.equal(keyring('secret').seal(sid), theirs)
  }), { numRuns: 300 })
  assert.throws(() => keyring('secret').seal('\ud800'), URIError, 'as encodeURIComponent does')
})
