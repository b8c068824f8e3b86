'use strict'

const { prng, derive } = require('./harness/prng')

// Scenarios at random: options × requests × what a store does. What comes out depends on the seed
// and the number alone.

function cookieOptions (r) {
  const c = {}
  if (r.chance(0.55)) c.maxAge = r.pick([60000, 3600000, 30000, 1000, 1500, 86400000, 0, -5000, null])
  else if (r.chance(0.15)) c.expires = { $date: r.pick([60000, 5000, -1000, 86400000 * 3]) }
  if (r.chance(0.2)) c.path = r.pick(['/', '/app', '/app/', '/other'])
  if (r.chance(0.15)) c.domain = r.pick(['example.com', '.example.com'])
  if (r.chance(0.2)) c.httpOnly = r.pick([true, false])
  if (r.chance(0.25)) c.secure = r.pick([true, false, 'auto', 'auto'])
  if (r.chance(0.25)) c.sameSite = r.pick([true, false, 'strict', 'lax', 'none', 'auto', 'auto'])
  if (r.chance(0.1)) c.partitioned = r.pick([true, false])
  if (r.chance(0.1)) c.priority = r.pick(['low', 'medium', 'high'])
  return c
}

function options (r) {
  const o = {
    secret: r.weighted([
      [6, 'keyboard cat'],
      [2, ['new', 'old']],
      [1, ['only']],
      [1, { $buffer: 'bytes' }],
      [1, { $key: 'key' }]
    ])
  }
  o.resave = r.chance(0.35)
  o.saveUninitialized = r.chance(0.45)
  if (r.chance(0.35)) o.rolling = r.chance(0.8)
  if (r.chance(0.2)) o.name = r.pick(['sid', 'my.session', '__Host-s', 'a'])
  else if (r.chance(0.08)) o.key = r.pick(['key', 'other'])
  if (r.chance(0.3)) o.unset = r.pick(['destroy', 'destroy', 'keep'])
  if (r.chance(0.25)) o.proxy = r.pick([true, false, { $undefined: 1 }])
  if (r.chance(0.2)) {
    o.genid = {
      $genid: r.weighted([
        [4, 'counter'],
        [1, 'odd'],
        [1, 'url'],
        [0.5, 'number']
      ])
    }
  }
  if (r.chance(0.9)) {
    const c = cookieOptions(r)
    if (r.chance(0.08) && c.secure !== 'auto' && c.sameSite !== 'auto') o.cookie = { $cookie: { returns: c } }
    else o.cookie = c
  }
  return o
}

function failures (r) {
  const fail = {}
  const method = r.pick(['get', 'set', 'destroy', 'touch', 'get', 'set'])
  fail[method] = [
    {
      at: r.pick([0, 1, 1, 2, 3]),
      message: `${method} is broken`,
      ...(r.chance(0.35) ? { code: 'ENOENT' } : r.chance(0.2) ? { code: 'ECONNREFUSED' } : {})
    }
  ]
  return fail
}

function store (r) {
  const kind = r.weighted([
    [14, 'default'],
    [14, 'memory'],
    [10, 'recorded'],
    [62, 'custom']
  ])
  if (kind !== 'custom') return { kind }
  const s = {
    kind,
    mode: r.weighted([
      [4, 'immediate'],
      [4, 'sync'],
      [2, 'delayed'],
      [2, 'tick'],
      [1, 'promise']
    ])
  }
  if (r.chance(0.25)) s.touch = false
  if (r.chance(0.25)) s.foreign = true
  if (r.chance(0.3)) s.base = r.pick(['inherits', 'noctor', 'proto'])
  if (r.chance(0.25)) s.expires = true
  if (r.chance(0.1)) s.nullish = 'null'
  if (r.chance(0.22)) s.fail = failures(r)
  return s
}

const KEYS = ['user', 'views', 'list', 'deep', 'ü', '0']

function value (r) {
  return r.pick([
    1,
    0,
    '',
    'text',
    'ünïcödé \u{1F36A}',
    null,
    true,
    [1, 2],
    { a: { b: 1 } },
    3.5,
    { $undefined: 1 },
    { $nan: 1 },
    { $date: 5 },
    'x'.repeat(300)
  ])
}

function action (r, o, memory) {
  return r.weighted([
    [8, () => ({ do: 'set', k: r.pick(KEYS), v: value(r) })],
    [8, () => ({ do: 'count', k: 'views' })],
    [4, () => ({ do: 'unset', k: r.pick(KEYS) })],
    [4, () => ({ do: 'push', k: 'list', v: r.int(0, 9) })],
    [4, () => ({ do: 'nested', k: 'deep', at: r.pick(['x', 'y']), v: value(r) })],
    [2, () => ({ do: 'flip', k: 'temp' })],
    [1, () => ({ do: 'reorder' })],
    [3, () => ({ do: 'touch' })],
    [1, () => ({ do: 'resetMaxAge' })],
    [5, () => ({ do: 'save', ...r.pick([{}, {}, { wait: false }, { cb: false }]) })],
    [4, () => ({ do: 'reload' })],
    // destroyed in a MemoryStore and saved afterwards: see the deviation destroyed-stays-destroyed
    [5, () => ({ do: 'regenerate', ...(r.chance(0.25) && !memory ? { wait: false } : {}) })],
    [5, () => ({ do: 'destroy', ...r.pick([{}, {}, { wait: false }, { cb: false }]) })],
    [2, () => ({ do: 'null' })],
    [2, () => ({ do: 'delete' })],
    [0.5, () => ({ do: 'undefined' })],
    [0.3, () => ({ do: 'sessionID', v: r.pick(['another', { $undefined: 1 }, 5]) })],
    [3, () => ({ do: 'cookie', k: 'maxAge', v: r.pick([60000, 5000, 120000, 0, null, -1000, 1500]) })],
    [2, () => ({ do: 'cookie', k: 'expires', v: r.pick([{ $date: 90000 }, null, false, { $date: -1 }]) })],
    [1, () => ({ do: 'cookie', k: 'originalMaxAge', v: r.pick([1000, 70000, null]) })],
    [
      2,
      () => ({
        do: 'cookie',
        ...r.pick([
          { k: 'path', v: '/x' },
          { k: 'domain', v: 'a.example' },
          { k: 'httpOnly', v: false },
          { k: 'secure', v: true },
          { k: 'secure', v: false },
          { k: 'sameSite', v: 'lax' },
          { k: 'priority', v: 'high' },
          { k: 'partitioned', v: true }
        ])
      })
    ],
    [1, () => ({ do: 'generate' })],
    [
      1,
      () => ({
        do: 'store.set',
        sid: r.pick(['current', 'planted']),
        v: { cookie: { originalMaxAge: null, expires: null, httpOnly: true, path: '/' }, planted: r.int(0, 9) }
      })
    ],
    [0.7, () => ({ do: 'store.get' })],
    [0.5, () => ({ do: 'store.touch' })],
    [0.7, () => ({ do: 'store.destroy', sid: memory ? 'planted' : r.pick(['last', 'planted']) })],
    [0.7, () => ({ do: 'store.load', sid: 'last' })],
    [0.5, () => ({ do: 'store.regenerate' })],
    [0.5, () => ({ do: 'store.length' })],
    [0.3, () => ({ do: 'store.all' })],
    [0.2, () => ({ do: memory ? 'store.length' : 'store.clear' })],
    [2, () => ({ do: 'header', k: r.pick(['X-Thing', 'Cache-Control', 'ETag']), v: '"v"' })],
    [1.5, () => ({ do: 'header', k: 'Set-Cookie', v: r.pick(['app=1', ['app=1', 'b=2; Path=/']]) })],
    [1, () => ({ do: 'status', v: r.pick([201, 404, 500, 204, 304]) })],
    [1.5, () => ({ do: 'wait', n: r.int(1, 3) })],
    [0.7, () => ({ do: 'wrap' })],
    [1, () => ({ do: 'look' })],
    [0.3, () => ({ do: 'advance', ms: r.pick([1, 700, 40000]) })],
    [0.3, () => ({ do: 'serializeCookie', name: 'n', value: 'v' })]
  ])()
}

const DATA = ['ok', 'ünïcödé', '', 'x'.repeat(2000), '{"a":1}']

function respond (r) {
  return r.weighted([
    [10, () => ({ how: 'end', data: r.pick(DATA) })],
    [4, () => ({ how: 'end' })],
    [4, () => ({ how: 'end', data: r.pick(DATA), as: r.pick(['buffer', 'buffer', 'u8']) })],
    [3, () => ({ how: 'end', data: r.pick(DATA), length: true, ...(r.chance(0.3) ? { as: 'buffer' } : {}) })],
    [1, () => ({ how: 'end', data: '6f6b', enc: r.pick(['hex', 'latin1', 'utf8', 'base64']) })],
    [3, () => ({ how: 'end', data: '$session' })],
    [
      3,
      () => ({
        how: 'chunks',
        chunks: r.pick([['a'], ['a', 'b'], ['', 'ünï']]),
        ...(r.chance(0.5) ? { data: 'last' } : {}),
        ...(r.chance(0.3) ? { as: 'buffer' } : {})
      })
    ],
    [3, () => ({ how: 'pipe', chunks: r.pick([['one'], ['one', 'two', 'three']]), ...(r.chance(0.5) ? { length: true } : {}) })],
    [
      4,
      () => ({
        how: 'writeHead',
        args: r.pick([
          [200],
          [201, { 'X-A': '1', 'Content-Type': 'text/plain' }],
          [200, 'Fine'],
          [202, 'Fine', { 'X-A': '1' }],
          [200, ['X-A', '1', 'X-B', '2']],
          [
            200,
            [
              ['X-A', '1'],
              ['X-B', '2']
            ]
          ],
          [200, { 'Set-Cookie': ['app=1', 'b=2'] }],
          [200, ['Set-Cookie', 'app=1', 'Set-Cookie', 'b=2']],
          [204],
          [304, { ETag: '"x"' }]
        ]),
        ...(r.chance(0.7) ? { data: r.pick(DATA) } : {})
      })
    ],
    [3, () => ({ how: 'json', data: { ok: true } })],
    [2, () => ({ how: 'send', data: r.pick(DATA) })],
    [3, () => ({ how: 'redirect' })],
    [1.5, () => ({ how: 'sendFile' })],
    [2, () => ({ how: 'next', message: 'from the handler' })],
    [1, () => ({ how: 'throw', message: 'thrown' })],
    [0.5, () => ({ how: 'end', data: 'twice', times: 2 })]
  ])()
}

const BAD = [
  'forge',
  'otherid',
  'truncate',
  'truncate-all',
  'nodot',
  'double',
  'double-s',
  'padded',
  'spaced',
  'urlsafe',
  'latin1',
  'badpercent',
  'bad-utf8',
  'unsigned',
  'upper',
  'empty',
  's',
  'dot'
]

function cookie (r) {
  return r.weighted([
    [30, () => 'keep'],
    [4, () => 'drop'],
    [5, () => r.pick(BAD)],
    [3, () => ({ old: r.int(0, 3) })],
    [2, () => r.pick(['plain', 'quoted'])],
    [1.5, () => ({ several: [{ text: 'a=1' }, 'keep', { text: 'b="2"' }] })],
    [1, () => ({ several: ['keep', r.pick(BAD)] })],
    [1, () => ({ several: [r.pick(BAD), 'keep'] })],
    [1, () => ({ several: ['keep', { old: r.int(0, 3) }] })],
    [1.5, () => ({ sid: r.pick(['planted', 'unknown', 'ü', 'the-one', 'id-1']), secret: r.int(0, 1) && 0 })],
    [0.5, () => ({ sid: 'planted', wrong: 'another secret' })]
  ])()
}

function step (r, o, transport, memory) {
  const s = {}
  if (r.chance(0.12)) s.method = r.pick(['POST', 'HEAD', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])
  const path = o.cookie && o.cookie.path
  if (path && path !== '/') s.url = r.pick([path, path, `${path.replace(/\/$/, '')}/page`, `${path}?q=/`, '/', '/elsewhere'])
  else if (r.chance(0.2)) s.url = r.pick(['/app/page', '/other?x=1', '/%20', '//double'])
  const c = cookie(r)
  if (c !== 'keep') s.cookie = c
  if (r.chance(0.25)) s.advance = r.pick([1, 500, 1000, 29999, 30000, 60000, 90000])
  if (r.chance(0.3)) {
    s.headers = { 'x-forwarded-proto': r.pick(['https', 'http', 'HTTPS , http', 'http,https', '']) }
  }
  const pre = {}
  if (transport === 'http' && r.chance(0.2)) pre.req = { secure: r.pick([true, false, 'yes']) }
  if (r.chance(0.06)) pre.encrypted = true
  if (r.chance(0.06)) pre.wrap = true
  if (r.chance(0.06)) pre.headers = [['Set-Cookie', r.pick(['pre=1', ['pre=1', 'pre2=2']])]]
  if (Object.keys(pre).length) s.pre = pre

  const actions = []
  const n = r.weighted([
    [3, 0],
    [5, 1],
    [4, 2],
    [2, 3],
    [1, 5]
  ])
  for (let i = 0; i < n; i++) actions.push(action(r, o, memory))
  if (r.chance(0.05)) actions.push({ do: r.pick(['flushHeaders', 'write', 'write']), v: 'begun ' })
  if (actions.length) s.actions = actions
  // a throw is only a handler's own as long as it is still in the middleware's tick
  let how = respond(r)
  // a file takes as long as it takes: nothing else may be under way
  const alone = how.how === 'sendFile' && actions.some((a) => a.wait === false || a.cb === false)
  if (alone) how = { how: 'redirect' }
  // a response that has begun takes no more headers, in other words for each form of them
  if (how.how === 'writeHead' && Array.isArray(how.args[1]) && actions.some((a) => a.do === 'write' || a.do === 'flushHeaders')) {
    how = { how: 'writeHead', args: [200, { 'X-A': '1' }] }
  }
  s.respond = how.how === 'throw' && actions.some((a) => !SYNC.has(a.do)) ? { how: 'next', message: 'instead' } : how
  if (r.chance(0.05) && how.how !== 'sendFile') s.after = [action(r, o, memory)]
  if (r.chance(0.03)) s.before = [{ do: 'emit', event: r.pick(['disconnect', 'connect']) }]
  return s
}

const SYNC = new Set([
  'set',
  'count',
  'unset',
  'push',
  'nested',
  'flip',
  'reorder',
  'touch',
  'resetMaxAge',
  'null',
  'delete',
  'undefined',
  'cookie',
  'header',
  'status'
])

function scenario (seed, i) {
  const r = prng(derive(seed, i))
  const transport = r.weighted([
    [5, 'http'],
    [3, 'express5'],
    [2, 'express4']
  ])
  const o = options(r)
  const s = { name: `generated ${i} of seed ${seed}`, transport, options: o, store: store(r), steps: [] }
  const memory = s.store.kind !== 'custom'
  if (transport !== 'http') {
    if (r.chance(0.3)) s.app = { 'trust proxy': true }
    if (r.chance(0.1)) s.mount = r.pick(['/app', '/'])
  }
  const steps = r.int(2, 6)
  for (let k = 0; k < steps; k++) s.steps.push(step(r, o, transport, memory))
  // the first request is more useful when there is a session afterwards
  if (r.chance(0.6)) (s.steps[0].actions ||= []).push({ do: 'set', k: 'user', v: 'first' })
  return s
}

module.exports = { scenario }
