'use strict'

// The keyring in JavaScript against the one in Rust: the same results for every header, name, secret and id.

const assert = require('node:assert/strict')
const v8 = require('node:v8')
const { test } = require('node:test')
const { runInNewContext } = require('node:vm')
const fc = require('fast-check')
const Keyring = require('../../lib/cookie/keyring')
const PlainKeyring = require('../../lib/cookie/plain-keyring')
const { arbitraryText } = require('../helpers/text')

const bytes = fc.uint8Array({ maxLength: 100 }).map(Buffer.from)
const secrets = fc.array(fc.oneof(fc.string(), bytes, fc.constantFrom('keyboard cat', 'old cat')), { minLength: 1, maxLength: 3 })
const names = fc.oneof(fc.constantFrom('connect.sid', 'sid', '__proto__'), fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,12}$/))
const ids = fc.oneof(fc.stringMatching(/^[\w-]{32}$/), arbitraryText)

const both = (name, secrets) => [new Keyring(name, secrets), new PlainKeyring(name, secrets)]

/** What a call gives: its value, or that it throws. */
function outcome (call) {
  try {
    return { value: call() }
  } catch (err) {
    return { thrown: err.name }
  }
}

/** The values of cookies: sealed ids, as they are and damaged. */
function cookieValue (keyrings, id) {
  const whole = text => outcome(() => encodeURIComponent(text)).value ?? text
  const signed = keyrings.map(keyring => 's:' + keyring.sign(id))
  const good = fc.constantFrom(...signed, ...signed.map(whole), ...signed.map(text => `"${whole(text)}"`))
  const damaged = fc.tuple(good, fc.nat(150), fc.constantFrom('', '.', '%', '=', 'A', '\xe9', '\u20ac', '\ud800', '%2B', '%2b', '+', ' '))
    .map(([text, at, put]) => text.slice(0, at) + put + text.slice(at + 1))
  return fc.oneof(good, good, damaged, fc.constantFrom('', '"', '""', '%', 's%3A', 's:', 's:.', 's%3A%E2%82', 's%3A%FF.'), arbitraryText)
}

const headers = (name, value) => fc.array(
  fc.tuple(
    fc.oneof({ weight: 5, arbitrary: fc.constantFrom(name, ` ${name}`, `${name}\t`) }, fc.constantFrom('', 'x' + name, name + 'x', '\xa0' + name), fc.string()),
    fc.constantFrom('=', '=', '=', ' = ', '', '=='),
    value
  ).map(parts => parts.join('')),
  { maxLength: 11 }
).chain(pairs => fc.constantFrom('; ', ';', ';;', ' ; ').map(glue => pairs.join(glue)))

test('any header opens to the same id', () => {
  const scene = fc.tuple(names, secrets, secrets, ids).chain(([name, secrets, others, id]) => {
    const signers = [new PlainKeyring(name, secrets), new PlainKeyring(name, secrets.slice(-1)), new PlainKeyring(name, others)]
    return fc.tuple(fc.constant(name), fc.constant(secrets), headers(name, cookieValue(signers, id)))
  })
  let valid = 0
  fc.assert(fc.property(scene, ([name, secrets, header]) => {
    const [native, plain] = both(name, secrets)
    const expected = native.open(header)
    const opened = plain.open(header)
    assert.equal(opened?.sid, expected?.sid)
    if (expected === undefined) return

    valid++
    if (expected.sealed !== undefined) assert.equal(opened.sealed, expected.sealed)
    if (opened.sealed !== undefined) assert.equal(opened.sealed, native.seal(opened.sid))
  }), { numRuns: 2000 })
  assert.ok(valid > 500, `${valid} of the headers were valid`)
})

test('any value is signed and verified the same', () => {
  fc.assert(fc.property(names, secrets, secrets, arbitraryText, fc.nat(60), (name, secrets, others, value, at) => {
    const [native, plain] = both(name, secrets)
    assert.equal(plain.sign(value), native.sign(value))
    for (const signer of [plain, new PlainKeyring(name, secrets.slice(-1)), new PlainKeyring(name, others)]) {
      const signed = signer.sign(value)
      for (const text of [signed, signed.slice(0, -1), signed + '=', signed.slice(0, at) + signed.slice(at + 1), value]) {
        assert.equal(plain.unsign(text), native.unsign(text))
      }
    }
  }), { numRuns: 500 })
})

test('any id is sealed the same, or refused the same', () => {
  fc.assert(fc.property(names, secrets, ids, (name, secrets, id) => {
    const [native, plain] = both(name, secrets)
    assert.deepEqual(outcome(() => plain.seal(id)), outcome(() => native.seal(id)))
  }), { numRuns: 500 })
})

test('at most eight cookies of the name are tried', () => {
  for (const keyring of both('sid', ['keyboard cat'])) {
    const good = 'sid=' + keyring.seal('the id')
    const header = stale => 'sid=stale; other=x; '.repeat(stale) + good
    assert.equal(keyring.open(header(7)).sid, 'the id')
    assert.equal(keyring.open(header(8)), undefined)
  }
})

test('an app may change the bytes that it gave as a secret', () => {
  const secret = Buffer.from('keyboard cat')
  const keyrings = both('sid', [secret])
  const before = keyrings.map(keyring => keyring.sign('x'))
  secret.fill(0)
  assert.deepEqual(keyrings.map(keyring => keyring.sign('x')), before)
})

test('an id does not keep its header', () => {
  v8.setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc')
  const heap = () => {
    collectGarbage()
    return process.memoryUsage().heapUsed
  }
  for (const keyring of both('sid', ['keyboard cat'])) {
    for (const value of [keyring.seal('the id'), 's:' + keyring.sign('x'.repeat(40))]) {
      const kept = []
      const before = heap()
      for (let i = 0; i < 100; i++) kept.push(keyring.open(`sid=${value}; other${i}=${'y'.repeat(100_000 + i)}`).sid)
      assert.ok(heap() - before < 5_000_000, `${heap() - before} bytes for ${kept.length} ids`)
    }
  }
})

test('nothing shows the secrets', () => {
  const shown = require('node:util').inspect(both('sid', ['keyboard cat']), { depth: 9, showHidden: true })
  assert.doesNotMatch(shown, /keyboard/)
  assert.doesNotMatch(shown, new RegExp(Buffer.from('keyboard').toString('hex').replace(/../g, '$& ?')))
})
