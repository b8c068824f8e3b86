'use strict'

const { on, visit, set, count, cookie, USUAL, LIFE } = require('./harness/write')

// Both ways through the middleware; what depends on the store in other ways is in contract.test.js.
const everywhere = (name, scenario) => on(['fast path', 'async'], name, scenario)

const withCookie = (c, more) => ({ options: { ...USUAL, ...more, cookie: c } })

// --- cookie ---

for (const [name, value] of Object.entries({
  'a minute': 60000,
  'five seconds': 5000,
  'a fraction': 1234.5,
  zero: 0,
  negative: -1000,
  null: null,
  undefined: { $undefined: 1 },
  'a Date': { $date: 60000 },
  'a year': 31536000000,
  'an empty string': '',
  NaN: { $nan: 1 },
  Infinity: { $infinity: 1 }
})) {
  everywhere(`cookie.maxAge is ${name}`, withCookie({ maxAge: value }))
}

for (const [name, value] of Object.entries({
  'a Date': { $date: 60000 },
  'a Date that has passed': { $date: -60000 },
  'a Date that passes on the way': { $date: 5000 },
  false: false,
  null: null,
  'an invalid Date': { $invalidDate: 1 }
})) {
  everywhere(`cookie.expires is ${name}`, withCookie({ expires: value }))
}

everywhere('cookie.expires and maxAge', withCookie({ expires: { $date: 60000 }, maxAge: 30000 }))
everywhere('cookie.maxAge and expires', withCookie({ maxAge: 30000, expires: { $date: 60000 } }))
everywhere('cookie.originalMaxAge', withCookie({ maxAge: 30000, originalMaxAge: 10000 }))

for (const domain of ['example.com', '.example.com', '', 'bad domain;']) everywhere(`cookie.domain is "${domain}"`, withCookie({ domain }))

for (const path of ['/', '/app', '/app/', '', 'app', '/app;x', '/a?b']) {
  everywhere(`cookie.path is "${path}"`, {
    ...withCookie({ path }),
    steps: ['/', '/app', '/app/', '/app/in', '/App', '/a', '/app?x=/', '/other'].map((url) => ({ ...visit(count), url }))
  })
}

for (const value of [true, false, { $undefined: 1 }, null, 'yes', 0]) { everywhere(`cookie.httpOnly is ${JSON.stringify(value)}`, withCookie({ httpOnly: value })) }

for (const value of [true, false, 'strict', 'lax', 'none', 'auto', 'Lax', 'STRICT', 'bogus', '', null, 5]) {
  everywhere(`cookie.sameSite is ${JSON.stringify(value)}`, {
    ...withCookie({ sameSite: value }, { proxy: true }),
    steps: [
      visit(count),
      visit(count),
      { ...visit(count), cookie: 'drop', headers: { 'x-forwarded-proto': 'https' } },
      visit('regenerate', count)
    ]
  })
}

for (const value of [true, false, null, 'yes']) { everywhere(`cookie.partitioned is ${JSON.stringify(value)}`, withCookie({ partitioned: value })) }
for (const value of ['low', 'medium', 'high', 'HIGH', 'bogus', '', null, 1]) { everywhere(`cookie.priority is ${JSON.stringify(value)}`, withCookie({ priority: value })) }

everywhere(
  'every attribute of the cookie',
  withCookie({
    maxAge: 60000,
    domain: 'example.com',
    path: '/',
    httpOnly: false,
    secure: false,
    sameSite: 'strict',
    partitioned: true,
    priority: 'high'
  })
)
everywhere('attributes of the cookie that are not known', withCookie({ signed: true, encode: 'x', extra: { a: 1 }, data: 'ignored' }))
everywhere('cookie is null', withCookie(null))

// These throw in every request.
for (const [name, c] of Object.entries({
  'cookie is a string': 'yes',
  'cookie is a number': 1,
  'cookie.maxAge is a string': { maxAge: '1000' },
  'cookie.maxAge is true': { maxAge: true }
})) {
  on(['fast path', 'async'], name, { ...withCookie(c), steps: [visit(count)] })
}
for (const [name, c] of Object.entries({
  'cookie.expires is a string': { expires: 'Wed, 01 Jan 2070 00:00:00 GMT' },
  'cookie.expires is a number': { expires: -5 }
})) {
  on(['fast path', 'async'], name, {
    ...withCookie(c),
    steps: [visit()]
  })
}
everywhere('cookie is an array', withCookie([]))

// --- secure, proxy ---

const PROTOS = [undefined, 'https', 'http', 'HTTPS', ' https ', 'https,http', 'http,https', 'https , x', ',https', 'httpsx', '']

for (const secure of [true, false, 'auto']) {
  for (const proxy of [true, false, { $undefined: 1 }, 'yes', null, 0]) {
    everywhere(`cookie.secure ${JSON.stringify(secure)}, proxy ${JSON.stringify(proxy)}`, {
      ...withCookie({ secure, sameSite: 'auto' }, { proxy }),
      steps: PROTOS.map((p) => ({ ...visit(count), cookie: 'drop', ...(p === undefined ? {} : { headers: { 'x-forwarded-proto': p } }) }))
    })
  }
  everywhere(`cookie.secure ${JSON.stringify(secure)}, req.secure and TLS`, {
    ...withCookie({ secure }),
    steps: [
      { ...visit(count), pre: { req: { secure: true } } },
      { ...visit(count), cookie: 'drop', pre: { req: { secure: false } } },
      { ...visit(count), cookie: 'drop', pre: { req: { secure: 'true' } } },
      { ...visit(count), cookie: 'drop', pre: { encrypted: true } },
      { ...visit('regenerate', count), pre: { encrypted: true } }
    ]
  })
  everywhere(`cookie.secure ${JSON.stringify(secure)}, proxy: false and true beside req.secure`, {
    ...withCookie({ secure }, { proxy: false }),
    steps: [
      { ...visit(count), pre: { req: { secure: true } } },
      { ...visit(count), cookie: 'drop', pre: { encrypted: true, req: { secure: false } } }
    ]
  })
  for (const transport of ['express4', 'express5']) {
    for (const trust of [true, false]) {
      everywhere(`cookie.secure ${JSON.stringify(secure)}, ${transport} with trust proxy ${trust}`, {
        ...withCookie({ secure }),
        transport,
        app: { 'trust proxy': trust },
        steps: [visit(count), { ...visit(count), cookie: 'drop', headers: { 'x-forwarded-proto': 'https' } }]
      })
    }
  }
}

everywhere('a secure cookie that comes back over a connection that is not', {
  ...withCookie({ secure: true, maxAge: 60000 }, { proxy: true, rolling: true }),
  steps: [
    { ...visit(count), headers: { 'x-forwarded-proto': 'https' } },
    visit(count),
    { ...visit(count), headers: { 'x-forwarded-proto': 'https' } }
  ]
})

// --- cookie as a function ---

everywhere('cookie as a function', withCookie({ $cookie: { returns: { maxAge: 60000, sameSite: 'lax' } } }))
everywhere('cookie as a function, with regenerate and generate', {
  ...withCookie({ $cookie: { returns: { maxAge: 60000 } } }),
  steps: [visit(count), visit('regenerate', count), visit('generate', count), visit('destroy')]
})
everywhere('cookie as a function of the url', {
  ...withCookie({ $cookie: { byUrl: { '/admin': { path: '/admin', maxAge: 1000 }, '*': { path: '/', maxAge: 60000 } } } }),
  steps: ['/', '/admin', '/admin/x', '/'].map((url) => ({ ...visit(count), url }))
})
everywhere('cookie as a function that throws', {
  ...withCookie({ $cookie: { throws: 'no cookie' } }),
  transport: 'express5',
  steps: [visit(count)]
})

// --- genid ---

for (const kind of ['counter', 'odd', 'url', 'long', 'empty', 'number', 'undefined', 'object', 'same', 'throws']) {
  for (const saveUninitialized of [true, false]) {
    everywhere(`genid gives ${kind}, saveUninitialized ${saveUninitialized}`, {
      options: { ...USUAL, saveUninitialized, genid: { $genid: kind } },
      transport: 'express5',
      steps:
        kind === 'long' || kind === 'odd'
          ? [visit(count), visit(count), { ...visit(), cookie: 'forge' }, visit('regenerate', count)]
          : [visit(count), visit(count), visit('regenerate', count), visit(), { ...visit(count), cookie: 'drop' }]
    })
  }
}

// --- name, key ---

for (const name of ['sid', '__Host-id', 'a.b-c_d', 'x'.repeat(200), 'toString', '__proto__', 'constructor', 'hasOwnProperty']) {
  everywhere(`name is ${name.slice(0, 20)}`, { options: { ...USUAL, name } })
}
for (const name of [5, '', 'with space', 'semi;colon', 'ünïcode', 'a=b', '"quoted"', null, 0]) {
  everywhere(`name is ${JSON.stringify(name)}`, { options: { ...USUAL, name }, transport: 'express5' })
}
everywhere('key', { options: { ...USUAL, key: 'other' } })
everywhere('name before key', { options: { ...USUAL, key: 'other', name: 'first' } })

// --- resave, rolling, saveUninitialized ---

const FLAGS = [true, false]
for (const resave of FLAGS) {
  for (const rolling of FLAGS) {
    for (const saveUninitialized of FLAGS) {
      for (const maxAge of [null, 60000]) {
        on(
          ['fast path', 'recorded', 'sync', 'async', 'untouchable', 'foreign'],
          `resave ${resave}, rolling ${rolling}, saveUninitialized ${saveUninitialized}, maxAge ${maxAge}`,
          {
            options: { secret: 's', resave, rolling, saveUninitialized, cookie: { maxAge } },
            steps: [
              visit(),
              visit(),
              visit(set('user', 'a')),
              { ...visit(), advance: 1000 },
              { ...visit({ do: 'push', k: 'list', v: 1 }), advance: 1000 },
              { ...visit({ do: 'push', k: 'list', v: 2 }), advance: 1000 },
              visit({ do: 'flip', k: 'x' }),
              visit('touch'),
              visit('save'),
              visit('save', count),
              visit(count, 'save'),
              visit(cookie('maxAge', 5000)),
              visit(cookie('httpOnly', false)),
              { ...visit(), cookie: 'forge' },
              { ...visit(count), cookie: 'drop' }
            ]
          }
        )
      }
    }
  }
}
for (const [name, value] of Object.entries({ 'a string': 'yes', zero: 0, null: null, undefined: { $undefined: 1 } })) {
  for (const k of ['resave', 'rolling', 'saveUninitialized']) {
    everywhere(`${k} is ${name}`, { options: { ...USUAL, [k]: value }, steps: [visit(), visit(count), visit()] })
  }
}

// --- secret ---

for (const [name, secret] of Object.entries({
  'a string': 'keyboard cat',
  ünïcode: 'ünïcödé \u{1F36A}',
  long: 'k'.repeat(1000),
  'a Buffer': { $buffer: 'bytes' },
  'a Uint8Array': { $u8: 'bytes' },
  'a Uint16Array': { $u16: [1, 2, 500] },
  'a DataView': { $dataview: 'bytes' },
  'an ArrayBuffer': { $arraybuffer: 'bytes' },
  'a KeyObject': { $key: 'bytes' },
  'an array': ['new', 'old'],
  'an array of one': ['only'],
  'a mixed array': [{ $buffer: 'new' }, 'old', { $key: 'older' }, { $u8: 'oldest' }]
})) {
  everywhere(`secret is ${name}`, {
    options: { ...USUAL, secret },
    steps: [...LIFE, { ...visit(count), cookie: 'forge' }]
  })
}

everywhere('cookies signed with each of the secrets', {
  options: { ...USUAL, secret: ['new', 'old', { $buffer: 'older' }] },
  steps: [
    visit({ do: 'store.set', sid: 'planted', v: { cookie: { path: '/' }, planted: true } }),
    { ...visit(count), cookie: { sid: 'planted', secret: 0 } },
    { ...visit(count), cookie: { sid: 'planted', secret: 1 } },
    { ...visit(count), cookie: { sid: 'planted', secret: 2 } },
    { ...visit(count), cookie: { sid: 'planted', wrong: 'none of them' } },
    { ...visit('regenerate', count), cookie: { sid: 'planted', secret: 1 } }
  ]
})

for (const secret of [{ $undefined: 1 }, null, '', 0, false]) {
  everywhere(`secret is ${JSON.stringify(secret)}: req.secret`, {
    options: { ...USUAL, secret },
    clientSecret: ['from cookie-parser', 'another'],
    transport: 'express5',
    steps: [
      { ...visit(count), pre: { req: { secret: 'from cookie-parser' } } },
      { ...visit(count), pre: { req: { secret: 'from cookie-parser' } } },
      { ...visit(count), pre: { req: { secret: 'another' } } },
      visit(count)
    ]
  })
}

// --- unset ---

for (const unset of ['destroy', 'keep', { $undefined: 1 }, '', null]) {
  for (const how of ['null', 'delete', 'undefined', 'false', 'destroy']) {
    on(['fast path', 'recorded', 'sync', 'async', 'foreign'], `unset ${JSON.stringify(unset)}, session ${how}`, {
      options: { ...USUAL, unset, saveUninitialized: true },
      steps: [visit(count), visit(how), visit(count), { ...visit(how), cookie: 'drop' }, visit(count, how)]
    })
  }
}

// --- none at all ---

on(['fast path'], 'no options, req.secret', {
  options: undefined,
  clientSecret: 'given',
  steps: [0, 1, 2].map(() => ({ ...visit(count), pre: { req: { secret: 'given' } } }))
})
on(['fast path'], 'no options and no secret', { options: undefined, transport: 'express5', steps: [visit(count)] })
on(['fast path'], 'unknown options', { options: { ...USUAL, maxAge: 5, foo: 'bar' } })
