'use strict'

const assert = require('node:assert')
const crypto = require('node:crypto')
const lib = require('./harness/lib')
const { STORES, USUAL, visit, set, count, test, same } = require('./harness/write')
const { compare } = require('./harness/compare')
const { revive } = require('./harness/values')
const table = require('./deviations')

// Every row of deviations.js, held against ours; and, where `stillDiffers`, against upstream: a row
// that upstream fulfils is no deviation any more.

const seen = new Set()

function deviation (id, stores, name, scenario, stillDiffers = true) {
  assert.ok(
    table.some((d) => d.id === id),
    `no deviation ${id}`
  )
  seen.add(id)
  for (const key of stores) {
    const full = { name: `${id}: ${name} [${key}]`, options: USUAL, ...scenario, store: { ...STORES[key], ...scenario.store } }
    test(full.name, async () => {
      assert.ok(
        table.some((d) => d.id === id && d.applies(full)),
        'the deviation does not apply'
      )
      if (process.env.DIFF_STRICT) return
      await same(full)
      if (stillDiffers) assert.notStrictEqual(await compare(full, { subject: lib.upstream }), undefined, 'upstream does the same')
    })
  }
}

const FEW = ['fast path', 'sync', 'async']

deviation('whole-response', ['fast path', 'memory'], 'a response with a body', { steps: [visit(count), visit(count), visit()] })
deviation('end-returns-res', ['fast path', 'async'], 'end', { steps: [visit(count)] })
deviation('save-and-reload-return-this', FEW, 'save and reload', { steps: [visit(count, 'save', 'reload')] })

for (const respond of [
  { how: 'end' },
  { how: 'end', null: true },
  { how: 'end', data: 'text' },
  { how: 'end', data: '' },
  { how: 'end', data: 'text', enc: 'latin1' },
  { how: 'end', data: 'text', as: 'buffer' },
  { how: 'end', data: 'text', as: 'u8' },
  { how: 'end', data: 'text', length: true }
]) {
  for (const method of ['GET', 'HEAD']) {
    deviation(
      'end-callback',
      FEW,
      `${method} ${JSON.stringify(respond)}`,
      { steps: [visit(count), visit(), visit(count)].map((s) => ({ ...s, method, respond: { ...respond, cb: true } })) },
      false
    )
  }
}
deviation('end-callback', ['fast path', 'async'], 'one', { steps: [{ ...visit(count), respond: { how: 'end', cb: true } }] })

for (const path of ['/admin', '/a/b', '/a%20b']) {
  deviation('path-match', FEW, path, {
    options: { ...USUAL, cookie: { path } },
    steps: [`${path}istrator`, path, `${path}/x`, `${path}?x`, `${path}-x/y`, `${path}.html`, `${path};x`, `${path}%2F`].map((url) => ({
      ...visit(count),
      url
    }))
  })
}

const SEVERAL = {
  'a forged one and a good one': ['forge', 'keep'],
  'an unsigned one and a good one': ['unsigned', 'keep'],
  'an empty one and a good one': ['empty', 'keep'],
  'one with a broken escape and a good one': ['badpercent', 'keep'],
  'one of another secret and a good one': [{ sid: 'x', wrong: 'y' }, 'keep'],
  'six bad ones and a good one': ['forge', 'truncate', 'double', 'nodot', 'unsigned', 'empty', 'keep'],
  'seven bad ones and a good one': ['forge', 'truncate', 'double', 'nodot', 'unsigned', 'empty', 's', 'keep']
}
for (const [name, several] of Object.entries(SEVERAL)) {
  deviation('several-cookies', FEW, name, {
    steps: [
      visit(count),
      { ...visit(count), cookie: { several } },
      { ...visit(count), cookie: { several: [{ text: 'a=1' }, ...several, { text: 'b=2' }], by: ';' } }
    ]
  })
}
deviation(
  'several-cookies',
  FEW,
  'eight bad ones and a good one',
  {
    steps: [
      visit(count),
      { ...visit(count), cookie: { several: ['forge', 'truncate', 'double', 'nodot', 'unsigned', 'empty', 's', 'dot', 'keep'] } }
    ]
  },
  false
)
deviation(
  'several-cookies',
  FEW,
  'only bad ones',
  { steps: [visit(count), { ...visit(count), cookie: { several: ['forge', 'unsigned'] } }] },
  false
)

deviation('cookie-function-once', FEW, 'made, read, regenerated', {
  options: { ...USUAL, cookie: { $cookie: { returns: { maxAge: 60000 } } } },
  steps: [visit(count), visit('regenerate', count), visit('generate')]
})
for (const auto of [{ secure: 'auto' }, { sameSite: 'auto' }, { secure: 'auto', sameSite: 'auto', maxAge: 60000 }]) {
  deviation('cookie-function-auto', FEW, JSON.stringify(auto), {
    options: { ...USUAL, proxy: true, cookie: { $cookie: { returns: auto } } },
    steps: [
      visit(count),
      visit(count),
      { ...visit(count), cookie: 'drop', headers: { 'x-forwarded-proto': 'https' } },
      { ...visit('regenerate', count), headers: { 'x-forwarded-proto': 'https' } }
    ]
  })
}

for (const m of ['set', 'touch', 'destroy']) {
  deviation('called-back-twice', ['sync', 'async', 'delayed'], m, {
    store: { twice: [m] },
    options: { ...USUAL, unset: 'destroy' },
    steps: [visit(count), visit(), visit('null')]
  })
}

deviation('throws-reach-next', FEW, 'genid', { options: { ...USUAL, genid: { $genid: 'throws' } }, steps: [visit(count)] })
for (const m of ['get']) {
  deviation('throws-reach-next', ['sync', 'async'], `${m} of the store`, {
    store: { fail: { [m]: [{ at: 0, how: 'throw', message: 'thrown by the store' }] } },
    steps: [{ ...visit(count), cookie: { sid: 'x' } }, visit()]
  })
}

for (const args of [
  [200, { $undefined: 1 }, { 'X-A': '1' }],
  [200, { $undefined: 1 }, ['X-A', '1']],
  [200, [['X-A', '1'], ['X-A', '2']]],
  [200, [['Set-Cookie', 'a=1'], ['Set-Cookie', 'b=2']]]
]) {
  deviation('write-head-forms', FEW, JSON.stringify(args), { steps: [visit(count), visit(), visit(count)].map((s) => ({ ...s, respond: { how: 'writeHead', args, data: 'text' } })) })
}

deviation('cookie-first', ['fast path', 'memory'], 'set, changed, read', {
  cookieLast: true,
  steps: [
    visit({ do: 'store.set', sid: 'planted', v: { views: 1, cookie: { path: '/', expires: null, originalMaxAge: null, httpOnly: true } } }),
    { ...visit('look', count), cookie: { sid: 'planted' } },
    { ...visit('look'), cookie: { sid: 'planted' } }
  ]
})
deviation('cookie-named-proto', FEW, '__proto__', { options: { ...USUAL, name: '__proto__' }, steps: [visit(count), visit(count)] })
for (const v of ['{}', '[]', '5', '"text"', 'true', '{"cookie":null}', '{"cookie":"x"}']) {
  deviation('empty-session-is-none', ['recorded', 'async', 'foreign'], v, {
    steps: [visit(count), { ...visit('look', count), before: [{ do: 'text', v }], unseen: true }, { ...visit('look', count), unseen: true }]
  })
}
for (const how of ['callback', 'throw']) {
  deviation('not-loaded-is-not-destroyed', ['sync', 'async', 'foreign'], `get fails by ${how}`, {
    options: { ...USUAL, unset: 'destroy' },
    store: { fail: { get: [{ at: 2, how, message: 'get is broken' }] } },
    steps: [visit(count), visit(count), visit(), visit(count), visit('null')]
  })
}
deviation('memory-store-calls-back-errors', ['recorded'], 'get', {
  steps: [visit(count), { ...visit(), before: [{ do: 'text', v: 'not json' }], unseen: true }]
})
deviation('load-calls-back-errors', ['fast path', 'recorded', 'async'], 'of data without a cookie', {
  steps: [visit(count), { ...visit({ do: 'store.load', sid: 'last' }), before: [{ do: 'text', v: '{"views":1}' }], cookie: 'drop' }]
})
deviation('stored-text-is-not-quoted', ['recorded'], 'get', {
  steps: [visit(count), { ...visit(), before: [{ do: 'text', v: 'not json' }], unseen: true }]
})
deviation('stored-null-is-nothing', ['recorded'], 'get', {
  steps: [visit(count), { ...visit(), before: [{ do: 'text', v: 'null' }], unseen: true }]
})

for (const [name, options] of Object.entries({
  'cookie a string': { cookie: 'yes' },
  'cookie a number': { cookie: 1 },
  'cookie true': { cookie: true },
  'cookie.maxAge': { cookie: { maxAge: '1000' } },
  'cookie.maxAge NaN': { cookie: { maxAge: { $nan: 1 } } },
  'cookie.maxAge Infinity': { cookie: { maxAge: { $infinity: 1 } } },
  'cookie.maxAge 1e300': { cookie: { maxAge: 1e300 } },
  'cookie.expires a string': { cookie: { expires: 'soon' } },
  'cookie.sameSite': { cookie: { sameSite: 'never' } },
  'cookie.priority': { cookie: { priority: 'never' } },
  'cookie.path': { cookie: { path: '/;' } },
  'cookie.domain': { cookie: { domain: 'a b' } },
  name: { name: 'a b' },
  key: { key: 'a=b' }
})) {
  deviation('wrong-options-are-refused', ['fast path'], name, { options: { ...USUAL, ...options }, steps: [visit(count)] })
}

for (const [name, action] of Object.entries({ 'a cycle': { do: 'cycle' }, 'a BigInt': set('n', { $bigint: '1' }) })) {
  deviation('end-sends-the-response', FEW, name, { fails: { at: 0, message: 'circular|BigInt' }, steps: [visit(action)] })
}

// A slow request of a session, and a logout while it runs.
const slow = (...actions) => ({ ...visit(...actions), parks: 'A' })
const gate = { do: 'gate', name: 'A' }
for (const [name, steps] of Object.entries({
  'a late write': [visit(count), slow(count, gate), visit('destroy'), { open: 'A' }],
  'a late write, changed after the logout': [visit(count), slow(gate, count), visit('destroy'), { open: 'A' }],
  'a late save': [visit(count), slow(count, gate, 'save'), visit('destroy'), { open: 'A' }],
  'a late touch': [visit(count), slow(gate), visit('destroy'), { open: 'A' }],
  'a late write after store.destroy': [visit(count), slow(count, gate), visit('store.destroy', 'delete'), { open: 'A' }],
  'a late write after unset': [visit(count), slow(count, gate), visit('null'), { open: 'A' }],
  'two late writes': [
    visit(count),
    slow(count, gate),
    { ...slow(count, { do: 'gate', name: 'B' }), parks: 'B' },
    visit('destroy'),
    { open: 'A' },
    { open: 'B' }
  ]
})) {
  deviation(
    'destroyed-stays-destroyed',
    ['fast path', 'memory', 'recorded'],
    name,
    { dead: true, options: { ...USUAL, unset: 'destroy', resave: name !== 'a late touch' }, steps },
    name !== 'a late touch'
  )
}
deviation('destroyed-stays-destroyed', ['fast path', 'recorded'], 'regenerate, not waited for', {
  dead: true,
  options: { ...USUAL, resave: true },
  steps: [visit(count), visit({ do: 'regenerate', wait: false })]
})
test('a session that the app sets again after a destroy is there', () =>
  same({
    name: 'set after destroy',
    options: USUAL,
    store: { kind: 'memory' },
    steps: [
      visit({ do: 'store.set', sid: 'planted', v: { cookie: { path: '/' }, n: 1 } }),
      visit(
        { do: 'store.destroy', sid: 'planted' },
        { do: 'store.set', sid: 'planted', v: { cookie: { path: '/', originalMaxAge: null, expires: null }, n: 2 } }
      ),
      { ...visit('look', count), cookie: { sid: 'planted' } },
      { ...visit('look'), cookie: { sid: 'planted' } }
    ]
  }))

deviation('original-max-age-stays', FEW, 'a clock that moves', {
  tick: 1,
  options: { ...USUAL, rolling: true, cookie: { maxAge: 60000 } },
  steps: [visit(count), visit(), visit(count), visit('regenerate', count), visit('reload'), visit('touch', 'save')]
})

for (const respond of [
  { how: 'end', data: 'text' },
  { how: 'end' },
  { how: 'end', data: 'text', length: true },
  { how: 'chunks', chunks: ['a', 'b'], data: 'c' },
  { how: 'pipe', chunks: ['a', 'b'] },
  { how: 'writeHead', args: [201, { 'X-A': '1' }], data: 'text' }
]) {
  const scenario = {
    transport: 'http2',
    options: { ...USUAL, rolling: true, cookie: { maxAge: 60000 } },
    // to pipe into a HEAD response is something that node:http2 itself does not end
    steps: [
      visit(count),
      visit(),
      visit(count),
      visit('regenerate', count),
      visit('destroy'),
      { ...visit(count), method: respond.how === 'pipe' ? 'GET' : 'HEAD' }
    ].map((s) => ({ ...s, respond }))
  }
  deviation(
    'http2',
    ['fast path', 'memory', 'async', 'delayed', 'untouchable', 'foreign'],
    JSON.stringify(respond),
    scenario,
    respond.how !== 'pipe'
  )
  // with a store that calls back at once upstream may get through
  deviation('http2', ['sync'], JSON.stringify(respond), scenario, false)
}

// Secrets of a wrong type: refused where the middleware is made, with the words of crypto.createHmac.
for (const [name, secret] of Object.entries({
  'a number': 5,
  true: true,
  'an object': {},
  'a Date': { $date: 0 },
  'a function': { $function: 1 },
  'a BigInt': { $bigint: '5' },
  'an array with a number': [5],
  'an array with an object': ['fine', {}],
  'an array with null': ['fine', null],
  'an array with undefined': [{ $undefined: 1 }],
  'an array in an array': [['nested']]
})) {
  test(`a secret that is ${name} is refused`, () => {
    if (process.env.DIFF_STRICT) return
    const given = revive(secret, null)
    const bad = Array.isArray(given) ? given.find((s) => s !== 'fine') : given
    // what cookie-signature says of none at all
    let wanted = bad == null ? { name: 'TypeError', message: 'Secret key must be provided.' } : undefined
    try {
      if (wanted) throw wanted
      crypto.createHmac('sha256', bad)
    } catch (err) {
      wanted ||= { name: err.name, code: err.code, message: err.message }
    }
    assert.ok(wanted)
    assert.throws(() => lib.ours.session({ ...USUAL, secret: given }), wanted)
    assert.doesNotThrow(() => lib.upstream.session({ ...USUAL, secret: given }))
  })
}

test('every deviation has a scenario here', () => {
  assert.deepStrictEqual(
    table.map((d) => d.id).filter((id) => !seen.has(id)),
    []
  )
})
