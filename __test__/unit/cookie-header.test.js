'use strict'

// What the engine reads in a Cookie header, against the packages that upstream reads it with: cookie and cookie-signature.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const cookie = require('cookie')
const signature = require('cookie-signature')
const fc = require('fast-check')
const { needsBinary } = require('../helpers/binary')
const { collectGarbage } = require('../helpers/garbage')
const { arbitraryText } = require('../helpers/text')
const { Keyring, native } = require('../helpers/internals')

const SECRET = 'keyboard cat'
const NAME = 'connect.sid'
const keyring = new Keyring(NAME, [SECRET])

/** The id that a keyring finds in a header. */
function open (ring, header) {
  const opened = ring.open(header)
  return opened === undefined ? undefined : opened.sid
}
const signed = sid => encodeURIComponent('s:' + signature.sign(sid, SECRET))
const good = signed('the id')

/** The reference: upstream's steps, for each cookie of the name where cookie.parse takes the first only. */
function reference (header, name = NAME, most = 8) {
  const found = header.split(';')
    .map(pair => cookie.parse(pair)[name])
    .filter(value => value !== undefined)
    .slice(0, most)
  for (const value of found) {
    const sid = value.startsWith('s:') ? signature.unsign(value.slice(2), SECRET) : false
    if (sid !== false) return sid === '' ? undefined : sid
  }
  return undefined
}

/** What upstream does: the first cookie of the name alone. */
function upstream (header) {
  const raw = cookie.parse(header)[NAME]
  return raw && raw.startsWith('s:') ? signature.unsign(raw.slice(2), SECRET) || undefined : undefined
}

// Node hands a header over as Latin-1, one character a byte; control characters do not get through its parser, but what
// calls the middleware may be something else.
const latin1 = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map(code => String.fromCharCode(code)) })
const value = fc.oneof(
  fc.constantFrom(good, good, `"${good}"`, ` ${good} `, decodeURIComponent(good), good + 'x', good.slice(1), good.slice(0, -1), '', '""', '"', '%', '%zz', 's%3A', 's:', 's:.', 's:x.y', 's%3A%E2%82', 's%3A%FF.', good.toLowerCase()),
  fc.nat(60).chain(at => latin1.map(text => good.slice(0, at) + text + good.slice(at + 1))),
  latin1
)
const name = fc.oneof({ weight: 4, arbitrary: fc.constant(NAME) }, fc.constantFrom('', ' ' + NAME, NAME + '\t', 'connect.sidx', 'xconnect.sid', 'CONNECT.SID', 'other', '__proto__'), latin1)
const pair = fc.tuple(name, fc.constantFrom('=', '=', '=', ' = ', '', '=='), value).map(parts => parts.join(''))
const header = fc.array(pair, { maxLength: 6 }).chain(pairs => fc.constantFrom('; ', ';', ';;', ' ; ').map(glue => pairs.join(glue)))

test('Any header with one cookie of the name gives what upstream gives', () => {
  fc.assert(fc.property(fc.oneof(header, latin1, arbitraryText), header => {
    const count = header.split(';').filter(pair => NAME in cookie.parse(pair)).length
    fc.pre(count < 2)
    assert.equal(open(keyring, header), upstream(header))
  }), { numRuns: 1500 })
})

test('The first valid cookie among the first eight of the name wins', () => {
  fc.assert(fc.property(header, header => {
    assert.equal(open(keyring, header), reference(header))
  }), { numRuns: 1000 })
})

test('Spaces, quotes, semicolons, escapes and missing values are parsed as cookie 0.7 does', () => {
  const headers = [
    `${NAME}=${good}`, `a=1; ${NAME}=${good}; b=2`, `${NAME} = ${good}`, `\t${NAME}\t=\t${good}\t`, `${NAME}="${good}"`, `${NAME}=" ${good} "`,
    `${NAME}=${good};`, `;${NAME}=${good}`, `;;;${NAME}=${good};;`, `a;${NAME}=${good}`, `a;b;c;${NAME}=${good}`, `a=b=c;${NAME}=${good}`,
    `=x;${NAME}=${good}`, `${NAME}`, `${NAME}=`, `${NAME};${NAME}=${good}`, `${NAME}==${good}`, `${NAME}=${good}=`, `${NAME.toUpperCase()}=${good}`,
    `x${NAME}=${good}`, `${NAME}x=${good}`, `${NAME}=${decodeURIComponent(good)}`, `${NAME}=%73%3a${good.slice(4)}`, `${NAME}=${good}%`,
    `${NAME}=\u00a0${good}`, `${NAME}=${good}\u00a0`, `${NAME}=\n${good}`, `${NAME}=${good}\r`, '', ' ', '=', ';', '==', 'ab', '"', `"${NAME}"=${good}`
  ]
  for (const header of headers) assert.equal(open(keyring, header), upstream(header), JSON.stringify(header))
})

const bad = index => `${NAME}=${signed('bad' + index).slice(0, -1)}`

for (const place of [0, 1, 5, 7]) {
  test(`A valid cookie at place ${place + 1} among stale ones of the same name wins`, () => {
    const cookies = Array.from({ length: 10 }, (_, index) => bad(index))
    cookies[place] = `${NAME}=${good}`
    assert.equal(open(keyring, cookies.join('; ')), 'the id')
  })
}

test('At most eight cookies are tried', () => {
  const cookies = Array.from({ length: 8 }, (_, index) => bad(index))
  assert.equal(open(keyring, [...cookies, `${NAME}=${good}`].join('; ')), undefined)
  assert.equal(open(keyring, [...cookies, 'other=1', `${NAME}=${good}`].join('; ')), undefined)
  assert.equal(open(keyring, [...cookies.slice(1), 'a=1', 'b=2', `${NAME}=${good}`].join('; ')), 'the id', 'other names do not count')
})

test('The first of two valid cookies wins', () => {
  assert.equal(open(keyring, `${NAME}=${signed('one')}; ${NAME}=${signed('two')}`), 'one')
  assert.equal(open(keyring, `${NAME}=${signed('two')}; ${NAME}=${signed('one')}`), 'two')
})

test('Unsigned, empty and foreign cookies are skipped', () => {
  for (const other of ['', 'plain', 's:', 's:.', encodeURIComponent('s:' + signature.sign('x', 'another secret')), '"', '%']) {
    assert.equal(open(keyring, `${NAME}=${other}; ${NAME}=${good}`), 'the id', other)
    assert.equal(open(keyring, `${NAME}=${good}; ${NAME}=${other}`), 'the id', other)
  }
})

test('The name of the cookie may have any characters', () => {
  for (const name of ['a', '__Host-sid', 'a.b', 'x-y', '$%&', '__proto__', 'constructor', 'ä']) {
    const ring = new Keyring(name, [SECRET])
    assert.equal(open(ring, `other=1; ${name}=${good}`), 'the id', name)
    assert.equal(open(ring, `${name}x=${good}`), undefined)
    assert.equal(open(ring, `${NAME}=${good}`), undefined)
  }
})

test('An id may be any text that a header can carry', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), sid => {
    assert.equal(open(keyring, `${NAME}=${signed(sid)}`), sid)
  }), { numRuns: 300 })
})

test('Very long headers are read, with many cookies or one', () => {
  const many = Array.from({ length: 20_000 }, (_, i) => `c${i}=v${i}`).join('; ')
  assert.equal(open(keyring, `${many}; ${NAME}=${good}`), 'the id')
  assert.equal(open(keyring, `${NAME}=${'x'.repeat(1e6)}; ${NAME}=${good}`), 'the id')
  assert.equal(open(keyring, ';'.repeat(1e6) + `${NAME}=${good}`), 'the id')
  assert.equal(open(keyring, `${NAME}=s:${'.'.repeat(1e6)}`), undefined)
  assert.equal(open(keyring, `${NAME}=${'%41'.repeat(300_000)}`), undefined)
  const long = 'x'.repeat(10_000)
  assert.equal(open(keyring, `${NAME}=${signed(long)}`), long)
})

/** Ways to write the same cookie, of which a browser sends the first. */
const WRITTEN = {
  'as it was sent': sid => signed(sid),
  'in quotes': sid => `"${signed(sid)}"`,
  'with small percents': sid => signed(sid).replace(/%../g, escape => escape.toLowerCase()),
  'without percents': sid => 's:' + signature.sign(sid, SECRET),
  'with more percents': sid => signed(sid).replace(/\.([^.]*)$/, '%2E$1'),
  'with a letter as a percent': sid => signed(sid).replace(/[A-Za-z0-9](?=[^.%]*$)/, char => '%' + char.charCodeAt(0).toString(16).toUpperCase()),
  'with the colon alone as a percent': sid => 's%3A' + signature.sign(sid, SECRET),
  'behind a character that is two bytes in UTF-8': sid => `x; other=\u00fc; ${NAME}=${signed(sid)}`
}

test('A sealed id is reused only when sealing it again would give the same text', () => {
  const sids = fc.oneof(fc.string({ unit: fc.constantFrom(...'abcXYZ019-_.!~*\'()') }), fc.string({ unit: 'grapheme' }))
  fc.assert(fc.property(sids, fc.constantFrom(...Object.keys(WRITTEN)), (sid, way) => {
    const header = `a=1; ${NAME}=${WRITTEN[way](sid)}; b=2`
    const opened = keyring.open(header)
    if (opened === undefined || opened.sid === '') return
    assert.equal(opened.sid, sid)
    if (opened.sealed !== undefined) assert.equal(opened.sealed, keyring.seal(sid))
  }), { numRuns: 3000 })
})

test('The id and the sealed id of a header that browsers send need no string of Rust', needsBinary, () => {
  const handle = native.createKeyring(native.createNumbers(), NAME, [Buffer.from(SECRET)])
  const calls = native.bindKeyring(handle)
  for (let i = 0; i < 500; i++) {
    const sid = `session-${i}`
    const header = `a=1; ${NAME}=${signed(sid)}; b=2`
    assert.deepEqual({ ...keyring.open(header) }, { sid, sealed: signed(sid), found: undefined })
    assert.equal(calls.open(header), '', 'the id is a part of the header')
  }
})

test('The id in a long header is a string of its own, its sealed form a slice', needsBinary, () => {
  const handle = native.createKeyring(native.createNumbers(), NAME, [Buffer.from(SECRET)])
  const calls = native.bindKeyring(handle)
  for (let others = 0; others < 300; others++) {
    const header = `a=${'x'.repeat(others)}; ${NAME}=${signed('session')}`
    assert.deepEqual({ ...keyring.open(header) }, { sid: 'session', sealed: signed('session'), found: undefined })
    assert.equal(calls.open(header), header.length <= 160 ? '' : 'session', `a header of ${header.length}`)
  }
})

test('An id that is kept does not keep its header', () => {
  const heapUsed = () => {
    collectGarbage()
    return process.memoryUsage().heapUsed
  }
  const longId = i => `session-${i}`.padEnd(32, '0') // V8 copies short parts anyway
  const remembered = []
  const before = heapUsed()
  for (let i = 0; i < 1000; i++) {
    // As from the network: one flat string, not a tree of pieces.
    const header = Buffer.from(`tracking=${String(i).padEnd(4000, 'x')}; ${NAME}=${signed(longId(i))}`).toString('latin1')
    remembered.push(open(keyring, header))
  }
  assert(heapUsed() - before < 1000 * 1000, `${heapUsed() - before} bytes`)
  assert.equal(remembered[999], longId(999))
})

test('A cookie with an older or invalid signature is sealed anew', () => {
  const rotated = new Keyring(NAME, ['new', SECRET])
  assert.deepEqual({ ...rotated.open(`${NAME}=${good}`) }, { sid: 'the id', sealed: undefined, found: undefined })

  const header = `${NAME}=${signed('one')}`
  for (const invalid of ['', 'a=1', `${NAME}=${signed('one')}x`]) {
    keyring.open(header)
    assert.equal(keyring.open(invalid), undefined)
  }
})
