'use strict'

const { on, everywhere, visit, set, count, cookie, USUAL, test, same } = require('./harness/write')

// What existing code relies on beyond the options: stores, sessions, the order of things.

const ALL = ['fast path', 'recorded', 'sync', 'async', 'delayed', 'untouchable', 'foreign']
const anywhere = (name, scenario) => on(ALL, name, scenario)

// --- the session's methods, one after another ---

const METHODS = {
  save: [{ do: 'save' }],
  'save, not waited for': [{ do: 'save', wait: false }],
  'save without a callback': [{ do: 'save', cb: false }],
  'save, change': ['save', count],
  'change, save': [count, 'save'],
  'save twice': ['save', 'save'],
  'save, touch': ['save', 'touch'],
  touch: ['touch'],
  resetMaxAge: ['resetMaxAge'],
  reload: ['reload'],
  'change, reload': [count, 'reload'],
  'reload, change': ['reload', count],
  'change, save, reload': [count, 'save', 'reload'],
  'reload, save': ['reload', 'save'],
  'reload twice': ['reload', 'reload', count],
  regenerate: ['regenerate'],
  'regenerate, change': ['regenerate', count],
  'regenerate, save': ['regenerate', 'save'],
  'regenerate, change, save': ['regenerate', count, 'save'],
  'regenerate, reload': ['regenerate', 'reload'],
  'regenerate, save, reload': ['regenerate', 'save', 'reload'],
  'regenerate twice': ['regenerate', 'regenerate', count],
  destroy: ['destroy'],
  'destroy, not waited for': [{ do: 'destroy', wait: false }],
  'destroy without a callback': [{ do: 'destroy', cb: false }],
  'destroy, generate': ['destroy', 'generate'],
  'destroy, generate, change': ['destroy', 'generate', count],
  'destroy, generate, save': ['destroy', 'generate', 'save'],
  generate: ['generate'],
  'generate, change': ['generate', count],
  'destroy, regenerate of the store': ['destroy', 'store.regenerate', count],
  'null, generate': ['null', 'generate', count],
  'change, null': [count, 'null'],
  'change, delete': [count, 'delete'],
  'change, destroy': [count, 'destroy'],
  'save(null)': [{ do: 'saveArgs', args: [null] }],
  'save(undefined)': [{ do: 'saveArgs', args: [{ $undefined: 1 }] }],
  'a login as passport 0.7 does it': ['regenerate', set('passport', { user: 1 }), 'save'],
  'a logout as passport 0.7 does it': [set('passport', {}), 'save', 'regenerate'],
  'the same value again': [set('views', 1)],
  'deep change': [{ do: 'nested', k: 'deep', at: 'x', v: 2 }],
  flip: [{ do: 'flip', k: 'temp' }],
  reorder: [set('a', 1), set('b', 2), 'reorder'],
  'change of the id': [{ do: 'sessionID', v: 'another' }],
  'loss of the id': [{ do: 'sessionID', v: { $undefined: 1 } }],
  'a number for an id': [{ do: 'sessionID', v: 7 }],
  'an empty id': [{ do: 'sessionID', v: '' }],
  'new cookie': [{ do: 'newCookie', v: { maxAge: 5000 } }],
  'cookie.maxAge': [cookie('maxAge', 90000)],
  'cookie.maxAge and change': [cookie('maxAge', 90000), count],
  'cookie.maxAge null': [cookie('maxAge', null), count],
  'cookie.maxAge false': [cookie('maxAge', false), count],
  'cookie.maxAge bad': [cookie('maxAge', 'bad'), count],
  'cookie.expires': [cookie('expires', { $date: 99000 }), count],
  'cookie.expires false': [cookie('expires', false), count],
  'cookie.expires has passed': [cookie('expires', { $date: -1 }), count],
  'cookie.maxAge has passed': [cookie('maxAge', -1), count],
  'cookie.originalMaxAge': [cookie('originalMaxAge', 4000), count],
  'cookie.path': [cookie('path', '/x'), count],
  'cookie.domain': [cookie('domain', 'd.example'), count],
  'cookie.secure': [cookie('secure', true), count],
  'cookie.httpOnly': [cookie('httpOnly', false), count],
  'cookie.sameSite': [cookie('sameSite', 'none'), count],
  'cookie.sameSite bad': [cookie('sameSite', 'bad'), count],
  'cookie.path bad': [cookie('path', '/;x'), count],
  'cookie.data assigned': [cookie('data', 'x'), count],
  'cookie property of ones own': [cookie('mine', 1), count]
}

for (const [name, actions] of Object.entries(METHODS)) {
  on(['fast path'], `${name}, large`, {
    options: { ...USUAL, cookie: { maxAge: 60000 } },
    steps: [visit(set('big', { $repeat: ['0123456789', 200] }), count), visit(...actions), visit('look', ...actions), visit(count), visit()]
  })
}

for (const maxAge of [null, 60000]) {
  for (const [name, actions] of Object.entries(METHODS)) {
    on(maxAge === null ? ['fast path', 'async'] : ['fast path', 'recorded', 'sync', 'async', 'foreign'], `${name}, maxAge ${maxAge}`, {
      options: { ...USUAL, cookie: { maxAge } },
      // on a new session, on one that is there, and what is left afterwards
      steps: [
        visit(...actions),
        visit(set('kept', 1)),
        { ...visit('look', ...actions), advance: 500 },
        visit(),
        { ...visit(count), cookie: { old: 0 } }
      ]
    })
  }
}

for (const kind of ['number', 'undefined', 'object']) {
  everywhere(`an id that genid gives as ${kind}, with every method`, {
    transport: 'express5',
    options: { ...USUAL, unset: 'destroy', genid: { $genid: kind } },
    steps: [visit(count), visit('save'), visit({ do: 'save', cb: false }), visit(count, 'reload'), visit('regenerate', count), visit('destroy'), visit('null'), visit('touch')]
  })
}

// --- the store, as apps use it ---

const PLANT = {
  do: 'store.set',
  sid: 'planted',
  v: { cookie: { originalMaxAge: 60000, expires: '2060-02-29T12:01:00.000Z', httpOnly: true, path: '/' }, planted: true }
}

anywhere('a session that the app has put into the store', {
  steps: [
    visit(PLANT),
    { ...visit('look'), cookie: { sid: 'planted' } },
    { ...visit(count), cookie: { sid: 'planted' } },
    { ...visit(), cookie: { sid: 'planted' }, advance: 61000 }
  ]
})
anywhere('store.get, load, touch, destroy', {
  steps: [
    visit(count),
    visit('store.get', 'store.load', 'store.touch', { do: 'store.load', sid: 'none' }, { do: 'store.get', sid: 'none' }),
    visit('store.destroy', 'store.load'),
    visit(count)
  ]
})
anywhere('store.touch of a changed session', { steps: [visit(count), visit(count, 'store.touch', 'reload', 'look'), visit()] })
anywhere('store.touch of one that is gone', {
  steps: [visit(count), visit('store.destroy', 'store.touch', 'store.length', 'delete'), visit()]
})
anywhere('store.destroy of the current session, then the end', {
  steps: [visit(count), { ...visit('store.destroy', 'delete') }, visit(count)]
})
anywhere('store.set of the current session', { steps: [visit(count), visit(count, 'store.set'), visit()] })
anywhere('store.set without a callback', {
  steps: [
    visit({ ...PLANT, cb: false }),
    { ...visit(), cookie: { sid: 'planted' } },
    visit({ do: 'store.destroy', sid: 'planted', cb: false })
  ]
})
anywhere('store.createSession', {
  steps: [
    visit(count),
    visit({
      do: 'store.createSession',
      v: {
        cookie: { expires: '2060-02-29T12:05:00.000Z', originalMaxAge: 5 },
        user: 'x',
        save: 'no',
        req: 'no',
        id: 'no',
        touch: 1,
        constructor: 2
      }
    }),
    visit({ do: 'store.createSession', v: { cookie: { expires: null, originalMaxAge: null } } }),
    visit({ do: 'store.createSession', v: { cookie: {} } }),
    visit({ do: 'store.createSession', v: {} }),
    visit()
  ]
})
on(['fast path', 'memory', 'recorded'], 'store.all, length, clear', {
  steps: [
    visit(count),
    { ...visit(count), cookie: 'drop' },
    visit('store.all', 'store.length'),
    visit('store.clear', 'store.length', 'store.all'),
    visit(count)
  ]
})
on(['fast path', 'memory', 'recorded'], 'MemoryStore.sessions', {
  steps: [
    visit(count),
    visit('store.seeText', { do: 'store.seeText', sid: 'none' }),
    visit({ do: 'store.text', sid: 'current', v: '{"cookie":{"path":"/","originalMaxAge":null,"expires":null},"planted":1}' }),
    visit('store.seeText'),
    visit(count)
  ]
})
anywhere('keys that the prototype has', {
  steps: [
    visit({
      do: 'store.set',
      sid: 'planted',
      v: {
        cookie: { path: '/', originalMaxAge: null, expires: null },
        save: 1,
        touch: 'x',
        reload: {},
        id: 'not',
        req: 'not',
        hasOwnProperty: 1,
        toString: 2,
        constructor: 3,
        fine: 4
      }
    }),
    { ...visit('look', count), cookie: { sid: 'planted' } },
    { ...visit(), cookie: { sid: 'planted' } }
  ]
})
anywhere('__proto__ in the stored data', {
  steps: [
    visit(count),
    {
      ...visit('look', count),
      before: [{ do: 'text', v: '{"cookie":{"path":"/","originalMaxAge":null,"expires":null},"__proto__":{"admin":true},"views":1}' }]
    },
    visit()
  ]
})
anywhere('data that JSON changes', {
  steps: [
    visit(
      set('date', { $date: 0 }),
      set('undef', { $undefined: 1 }),
      set('nan', { $nan: 1 }),
      set('inf', { $infinity: 1 }),
      set('list', [1, { $undefined: 1 }, null]),
      { do: 'toJSON', k: 'custom', v: { to: 'json' } }
    ),
    visit(),
    visit(set('undef', { $undefined: 1 })),
    visit(set('date', { $date: 0 })),
    visit({ do: 'define', k: '__proto__', v: { own: 1 } }),
    visit()
  ]
})
anywhere('texts of all sorts', {
  steps: [
    visit(set('ü\u2028"\\\n', '\u0000\u001f\u007f\u{1F36A}</script>'), set('', 'empty'), set('0', 0), set('10', 10), set('9', 9)),
    visit('look', count),
    visit()
  ]
})
anywhere('a lone surrogate', { steps: [visit(set('bad', '\ud800')), visit('look', set('worse', 'a\udc00b')), visit()] })
anywhere('a large session', { steps: [visit(set('big', { $repeat: ['0123456789', 5000] })), visit(count), visit()] })
anywhere('many keys', {
  steps: [visit(...Array.from({ length: 200 }, (_, i) => set(`k${(i * 7919) % 200}`, i))), visit('look'), visit(count)]
})
anywhere('a toJSON that reads the cookie', {
  steps: [visit(count, { do: 'cookieInToJSON', k: 'where' }), visit('look'), visit({ do: 'cookieInToJSON', k: 'where' }), visit('look')]
})
anywhere('a getter that reads the cookie', {
  steps: [visit(count, { do: 'cookieInGetter', k: 'where' }, 'save'), visit('look'), visit({ do: 'cookieInGetter', k: 'other' }), visit('look')]
})
anywhere('a cookie with Max-Age, and one with another', {
  options: { ...USUAL, rolling: true, cookie: { maxAge: 60000 } },
  steps: [visit(count, { do: 'maxAgeInData', v: 60 }), visit({ do: 'maxAgeInData', v: 5 }), visit(count), visit({ do: 'maxAgeInData', v: 7 })]
})
anywhere('a session that changes when the headers are written', {
  options: { ...USUAL, cookie: { maxAge: 60000 } },
  steps: [
    visit({ do: 'whenHeadersAreWritten', k: 'late', v: 1 }),
    visit(count, { do: 'whenHeadersAreWritten', unset: 'views' }),
    visit(count),
    visit({ do: 'whenHeadersAreWritten', k: 'late', v: 2 }),
    visit('look')
  ]
})
anywhere('a session with toJSON', { steps: [visit('sessionToJSON', count), visit('look'), visit('sessionToJSON'), visit()] })

// --- stores in the ways that they are written ---

for (const base of ['class', 'inherits', 'noctor', 'proto']) {
  for (const mode of ['sync', 'tick', 'immediate', 'delayed', 'promise']) {
    for (const foreign of [false, true]) {
      on(['async'], `a store by ${base}, calling back ${mode}${foreign ? ', foreign' : ''}`, {
        store: { kind: 'custom', base, mode, foreign },
        steps: [visit(count), visit('regenerate', count), visit('reload', count, 'save'), visit('destroy'), visit()]
      })
    }
  }
}
for (const base of ['class', 'inherits']) {
  on(['memory', 'recorded'], `a MemoryStore by ${base}`, {
    store: { base },
    steps: [visit(count), visit('regenerate', count), visit('reload', count), visit('destroy'), visit()]
  })
}
on(['async', 'sync'], 'a store that gives null for nothing', {
  store: { nullish: 'null' },
  steps: [
    { ...visit(count), cookie: { sid: 'unknown' } },
    { ...visit('reload'), cookie: { sid: 'unknown' } }
  ]
})
on(['async', 'sync', 'untouchable'], 'a store that looks at expires', {
  store: { expires: true },
  options: { ...USUAL, cookie: { maxAge: 1000 } },
  steps: [visit(count), visit(), { ...visit(), advance: 999 }, { ...visit(), advance: 1001 }]
})

for (const m of ['set', 'touch', 'destroy']) {
  on(['sync', 'async', 'delayed'], `a store that calls back from ${m} twice`, {
    store: { twice: [m] },
    options: { ...USUAL, unset: 'destroy' },
    steps: [visit(count), visit(), visit('null'), visit(count)]
  })
}

// --- methods replaced ---

for (const how of ['spy', 'spyPrototype']) {
  for (const m of ['get', 'set', 'touch', 'destroy']) {
    on(['fast path', 'memory'], `${how} on ${m}, after the middleware was made`, {
      steps: [
        visit(count),
        { ...visit(count), before: [{ do: how, method: m }] },
        visit(),
        visit('regenerate', count),
        visit('reload', count),
        visit('destroy'),
        visit(count)
      ]
    })
  }
  on(['memory'], `${how} on everything, before the first request`, {
    steps: [
      { ...visit(count), before: ['get', 'set', 'touch', 'destroy'].map((method) => ({ do: how, method })) },
      visit(count),
      visit(),
      visit('regenerate', count),
      visit('null'),
      visit('destroy')
    ],
    options: { ...USUAL, unset: 'destroy' }
  })
}
for (const m of ['createSession', 'regenerate', 'load', 'generate']) {
  on(['fast path', 'memory', 'async'], `spy on ${m}`, {
    steps: [
      visit(count),
      { ...visit(count), before: [{ do: 'spy', method: m }] },
      visit('regenerate', count),
      visit('store.load'),
      visit('reload')
    ]
  })
}
everywhere('Session.prototype.login', {
  steps: [visit(count), { ...visit('look', count), before: [{ do: 'sessionPrototype' }] }, visit('regenerate', count)]
})

// --- errors from the store ---

for (const transport of ['http', 'express5', 'express4']) {
  for (const m of ['get', 'set', 'destroy', 'touch']) {
    for (const code of [undefined, 'ENOENT', 'ECONNREFUSED']) {
      on(['sync', 'async', 'foreign'], `${m} fails${code ? ` with ${code}` : ''}, ${transport}`, {
        transport,
        store: { fail: { [m]: [{ at: 0, message: `${m} is broken`, ...(code ? { code } : {}) }] } },
        options: { ...USUAL, unset: 'destroy' },
        steps: [
          visit(count),
          visit(),
          visit('save', count),
          visit('reload', count),
          visit('regenerate', count),
          visit('null'),
          visit(count, 'destroy'),
          { ...visit(count), respond: { how: 'end', data: 'text', length: true } }
        ]
      })
    }
  }
}

// --- disconnect and connect ---

anywhere('disconnect and connect', {
  steps: [
    visit(count),
    { ...visit(count), before: [{ do: 'emit', event: 'disconnect' }] },
    visit('look'),
    { ...visit(count), before: [{ do: 'emit', event: 'connect' }] },
    { ...visit({ do: 'emit', event: 'disconnect' }, count) },
    visit(count),
    {
      ...visit(count),
      before: [
        { do: 'emit', event: 'disconnect' },
        { do: 'emit', event: 'connect' }
      ]
    }
  ]
})

// --- what stands before the session ---

anywhere('req.session is there already', { steps: [{ ...visit('look'), pre: { req: { session: { mine: true } } } }, visit(count)] })

const cookies = (more) => ({ pre: { req: more }, cookie: 'drop' })
for (const transport of ['http', 'express5']) {
  anywhere(`signedCookies and cookies of cookie-parser, ${transport}`, {
    transport,
    steps: [
      visit(count),
      { ...visit(count), ...cookies({ signedCookies: { 'connect.sid': '{sid}' } }) },
      { ...visit(count), ...cookies({ signedCookies: { 'connect.sid': false } }) },
      { ...visit(count), ...cookies({ signedCookies: { 'connect.sid': 'unknown' } }) },
      { ...visit(count), ...cookies({ signedCookies: {} }) },
      { ...visit(count), ...cookies({ cookies: { 'connect.sid': 's:{sid}.{signature}' } }) },
      { ...visit(count), ...cookies({ cookies: { 'connect.sid': '{sid}' } }) },
      { ...visit(count), ...cookies({ cookies: { 'connect.sid': 's:{sid}.{signature}x' } }) },
      { ...visit(count), ...cookies({ signedCookies: { other: 'x' }, cookies: { other: 'x' } }) },
      { ...visit(count), cookie: 'forge', pre: { req: { signedCookies: { 'connect.sid': '{sid}' } } } },
      { ...visit(count), cookie: 'forge', pre: { req: { cookies: { 'connect.sid': 's:{sid}.{signature}' } } } },
      { ...visit(count), pre: { req: { signedCookies: { 'connect.sid': 'unknown' }, cookies: { 'connect.sid': 'x' } } } },
      { ...visit(count), ...cookies({ signedCookies: { 'connect.sid': { an: 'object' } } }) },
      { ...visit(count), ...cookies({ cookies: { 'connect.sid': 's:' } }) }
    ]
  })
}

anywhere('originalUrl under a mount', {
  transport: 'express5',
  mount: '/app',
  options: { ...USUAL, cookie: { path: '/app' } },
  steps: ['/app', '/app/x', '/', '/other'].map((url) => ({ ...visit(count), url }))
})
anywhere('originalUrl on req', {
  options: { ...USUAL, cookie: { path: '/app/' } },
  steps: ['/app/x', '/other', 'http://host/app/x?y', '//app/x', '/app/../x', '', '?', '*'].map((originalUrl) => ({
    ...visit(count),
    pre: { req: { originalUrl } }
  }))
})
anywhere('urls of all sorts', {
  options: { ...USUAL, cookie: { path: '/a' } },
  steps: ['/a', '/a#b', '/a?b', '/%61', '/a%2Fb', '/a/../b', '//a', '/A', 'http://example.com/a/x', '/a\xe9'.replace('\xe9', '%E9')].map(
    (url) => ({ ...visit(count), url })
  )
})

// --- sockets: a bare req, a bare res ---

for (const kind of ['fast path', 'recorded', 'sync', 'async']) {
  on([kind], 'a handshake and res = { end(){} }', {
    transport: 'direct',
    steps: [
      { ...visit('look', count, 'save'), remember: true },
      visit('look', count, 'save', 'reload', 'look'),
      visit('touch', 'save'),
      visit('regenerate', count, 'save'),
      visit('destroy', 'look'),
      { ...visit('look'), cookie: 'forge' }
    ]
  })
  on([kind], 'a handshake and res = {}', {
    transport: 'direct',
    steps: [
      { ...visit('look', count, 'save'), remember: true, resIsEmpty: true },
      { ...visit('reload'), resIsEmpty: true }
    ]
  })
}

anywhere('reload and save long after the response', {
  steps: [
    visit(count),
    {
      ...visit(count),
      after: [
        { do: 'wait', n: 20 },
        { do: 'reload' },
        count,
        { do: 'save' },
        { do: 'look' },
        { do: 'wait', n: 5 },
        { do: 'touch' },
        { do: 'save' }
      ]
    },
    visit('look')
  ]
})
anywhere('change after the response', {
  steps: [
    visit(count),
    { ...visit(count), after: [count] },
    visit('look'),
    { ...visit(count), after: [{ do: 'wait' }, count, 'save'].map((a) => (typeof a === 'string' ? { do: a } : a)) },
    visit('look')
  ]
})
anywhere('destroy after the response', {
  steps: [visit(count), { ...visit(count), after: [{ do: 'wait', n: 10 }, { do: 'destroy' }] }, visit('look')]
})

// --- requests beside each other ---

on(['recorded', 'sync', 'async', 'delayed', 'foreign'], 'two writers, the last one wins', {
  steps: [
    visit(count),
    { ...visit(set('slow', 1), { do: 'gate', name: 'A' }), parks: 'A' },
    visit(set('fast', 1)),
    { open: 'A' },
    visit('look')
  ]
})
on(['fast path', 'memory'], 'two writers, the last one wins', {
  steps: [
    visit(count),
    { ...visit(set('slow', 1), { do: 'gate', name: 'A' }), parks: 'A' },
    visit(set('fast', 1)),
    { open: 'A' },
    visit('look')
  ]
})
on(['recorded', 'sync', 'async', 'delayed', 'foreign', 'fast path', 'memory'], 'a slow reader beside a writer', {
  steps: [visit(count), { ...visit({ do: 'gate', name: 'A' }), parks: 'A' }, visit(set('fast', 1)), { open: 'A' }, visit('look')]
})

// --- time ---

on(['fast path', 'memory', 'recorded'], 'a session expires', {
  options: { ...USUAL, cookie: { maxAge: 1000 } },
  steps: [
    visit(count),
    { ...visit(), advance: 999 },
    { ...visit(), advance: 999 },
    { ...visit(), advance: 1000 },
    visit(count),
    { ...visit('look'), advance: 1 },
    { ...visit('look'), advance: 5000 }
  ]
})
on(['fast path', 'memory', 'recorded'], 'a session expires while a request runs', {
  options: { ...USUAL, cookie: { maxAge: 1000 } },
  steps: [
    visit(count),
    visit({ do: 'advance', ms: 2000 }),
    visit(count),
    visit({ do: 'advance', ms: 2000 }, count),
    visit(),
    visit({ do: 'advance', ms: 2000 }, 'reload'),
    visit()
  ]
})
on(['fast path', 'memory', 'recorded'], 'touch keeps it alive, a change of the cookie shortens it', {
  options: { ...USUAL, cookie: { maxAge: 10000 } },
  steps: [visit(count), { ...visit(), advance: 9000 }, { ...visit(cookie('maxAge', 500)), advance: 9000 }, { ...visit(), advance: 600 }]
})

test('two stores, two middlewares, one after the other', () =>
  same({ name: 'one', options: USUAL, store: { kind: 'memory' }, transport: 'express5', steps: [visit(count), visit(count)] }))
