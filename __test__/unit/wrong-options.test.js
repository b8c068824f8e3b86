'use strict'

// Every option of session(), of its cookie and of the stores, with each type and value that it does not take, and the
// sentence that comes where it is made. Where express-session has a sentence, it is the same.

const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { test } = require('node:test')
const { needsBinary } = require('../helpers/binary')
const { middleware, session } = require('../helpers/subject')

const { MemoryStore, RedisStore, SQLiteStore } = session

const revoked = (() => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
})()

/** One value of each kind, by name. */
const VALUES = {
  undefined,
  null: null,
  false: false,
  true: true,
  zero: 0,
  one: 1,
  half: 0.5,
  negative: -1,
  fraction: 1.5,
  unsafe: 2 ** 53,
  NaN,
  Infinity,
  '-Infinity': -Infinity,
  enormous: 1e300,
  'an empty string': '',
  'a numeric string': '10',
  'an object': {},
  'an object without a prototype': Object.create(null),
  'a text object that throws': { toString () { throw new Error('toString') } },
  'an array': [],
  'a function': () => {},
  'a bigint': 10n,
  'a symbol': Symbol('x'),
  'a Date': new Date(1.9e12),
  'an invalid Date': new Date(NaN)
}
const NAMES = Object.keys(VALUES)

const FALSY = ['undefined', 'null', 'false', 'zero', 'NaN', 'an empty string']
const FALSY_NUMBERS = ['undefined', 'null', 'false', 'zero', 'an empty string']
const OBJECTS = ['an object', 'an object without a prototype', 'a text object that throws', 'an array', 'a Date', 'an invalid Date']
const NUMBERS = NAMES.filter(name => typeof VALUES[name] === 'number')
const NO_DATE = ['NaN', 'Infinity', '-Infinity', 'enormous']
const ALL = NAMES
const NONE = []

const must = (name, sentence) => ({ name, message: sentence })
const type = sentence => must('TypeError', sentence)
const range = sentence => must('RangeError', sentence)

/** What crypto.createHmac says of such a key. */
const aKey = name => err => {
  assert.equal(err.name, 'TypeError', name)
  assert.match(err.message, /^The "key" argument must be of type string or an instance of .*ArrayBuffer, .*KeyObject.*\. Received /, name)
  return true
}

/** { taken: the values that are, refused: the sentence for a list of others, rest: the one for all others } */
const SESSION = {
  secret: { taken: [...FALSY, 'a numeric string'], refused: [[['an array'], type('secret option array must contain one or more strings')]], rest: aKey },
  name: { taken: [...FALSY, 'a numeric string'], rest: type('name option must be a string') },
  key: { taken: [...FALSY, 'a numeric string'], rest: type('name option must be a string') },
  cookie: { taken: [...FALSY, ...OBJECTS, 'a function'], rest: type('argument options must be a object') },
  store: { taken: FALSY, rest: type('store.on is not a function; the store option must be a session store') },
  genid: { taken: [...FALSY, 'a function'], rest: type('genid option must be a function') },
  unset: { taken: FALSY, rest: type('unset option must be "destroy" or "keep"') },
  storeTimeout: {
    taken: ['undefined', 'null', 'false', 'one', 'fraction'],
    rest: range('storeTimeout option must be a number of milliseconds from 1 to 2147483647')
  },
  touchAfter: {
    taken: ['undefined', 'null', 'false', 'zero', 'one', 'fraction', 'unsafe', 'enormous'],
    refused: [[['half', 'negative', 'NaN', 'Infinity', '-Infinity'],
      range('touchAfter option must be a number of milliseconds from 1, or a share of the lifetime between 0 and 0.5')]],
    rest: type('touchAfter option must be a number or false')
  },
  onDisconnect: { taken: ['undefined', 'a function'], rest: type('onDisconnect option must be "skip", "error" or a function') },
  clearCookie: { taken: ['undefined', 'true', 'false'], rest: type('clearCookie option must be true or false') },
  cacheControl: { taken: ['undefined', 'true', 'false'], rest: type('cacheControl option must be true or false') },
  hold: { taken: ['undefined'], rest: type('hold option must be "end" or "headers"') },
  skip: { taken: ['undefined', 'a function'], rest: type('skip option must be a function') },
  // As in express-session, these take anything for true or false.
  proxy: { taken: ALL },
  resave: { taken: ALL },
  rolling: { taken: ALL },
  saveUninitialized: { taken: ALL }
}

const lifetime = key => range(`cookie.${key} option must be a number of milliseconds that leads to a valid date`)

const COOKIE = {
  maxAge: {
    taken: [...FALSY_NUMBERS, 'one', 'half', 'negative', 'fraction', 'a Date'],
    refused: [
      [[...NO_DATE, 'unsafe'], lifetime('maxAge')],
      [['an invalid Date'], range('cookie.maxAge option must be a valid Date')]
    ],
    rest: type('maxAge must be a number or Date')
  },
  originalMaxAge: {
    taken: [...FALSY_NUMBERS, 'one', 'half', 'negative', 'fraction', 'a Date'],
    refused: [
      [[...NO_DATE, 'unsafe'], lifetime('originalMaxAge')],
      [['an invalid Date'], range('cookie.originalMaxAge option must be a valid Date')]
    ],
    rest: type('cookie.originalMaxAge option must be a number of milliseconds')
  },
  expires: {
    // Upstream's own test wants an error at each request for the invalid Date.
    taken: [...FALSY_NUMBERS, 'one', 'half', 'negative', 'fraction', 'a Date', 'an invalid Date'],
    refused: [[[...NO_DATE, 'unsafe'], lifetime('expires')]],
    rest: type('cookie.expires option must be a Date')
  },
  domain: {
    taken: [...FALSY, 'true', 'one', 'half', 'fraction', 'unsafe', 'Infinity', 'a numeric string', 'a bigint'],
    refused: [[['a symbol', 'an object without a prototype', 'a text object that throws'], type('cookie.domain option must be a string')]],
    rest: type('option domain is invalid')
  },
  path: {
    taken: NAMES.filter(name => !['a symbol', 'an object without a prototype', 'a text object that throws'].includes(name)),
    rest: type('cookie.path option must be a string')
  },
  sameSite: { taken: [...FALSY, 'true'], rest: type('option sameSite is invalid') },
  priority: { taken: FALSY, rest: type('option priority is invalid') },
  // As in express-session, these take anything for true or false; the last two are ignored.
  httpOnly: { taken: ALL },
  secure: { taken: ALL },
  partitioned: { taken: ALL },
  signed: { taken: ALL },
  encode: { taken: ALL }
}

const notNegative = name => range(`${name} option must not be negative or NaN`)

const bound = name => ({
  taken: ['undefined', 'null', 'zero', 'one', 'Infinity'],
  refused: [
    [['half', 'fraction', 'unsafe', 'enormous'], range(`${name} option must be an integer`)],
    [['negative', 'NaN', '-Infinity'], notNegative(name)]
  ],
  rest: type(`${name} option must be a number`)
})
const flag = name => ({ taken: ['undefined', 'null', 'true', 'false'], rest: type(`${name} option must be a boolean`) })

const MEMORY = {
  max: bound('max'),
  maxBytes: bound('maxBytes'),
  ttl: {
    taken: ['undefined', 'null', 'one', 'half', 'fraction', 'unsafe', 'Infinity', 'enormous', 'a function'],
    refused: [[['zero'], range('ttl option must be greater than 0 milliseconds')], [['negative', 'NaN', '-Infinity'], notNegative('ttl')]],
    rest: type('ttl option must be a number')
  },
  checkPeriod: {
    taken: ['undefined', 'null', 'false', 'zero', 'one', 'half', 'fraction', 'unsafe', 'Infinity', 'enormous'],
    refused: [[['negative', 'NaN', '-Infinity'], notNegative('checkPeriod')]],
    rest: type('checkPeriod option must be a number')
  },
  dispose: { taken: ['undefined', 'null', 'a function'], rest: type('dispose option must be a function') },
  protect: { taken: ['undefined', 'null', 'a function'], rest: type('protect option must be a function') },
  noDisposeOnSet: flag('noDisposeOnSet'),
  stale: flag('stale'),
  serializer: { taken: ['undefined', 'null'], rest: type('serializer option must have the functions parse and stringify') },
  shared: {
    taken: ['undefined', 'null', 'a numeric string'],
    refused: [[['an empty string'], range('shared option must not be empty')]],
    rest: type('shared option must be a string')
  }
}

const { shared, stale, ...COMMON } = MEMORY
const ofMemory = name => ({ taken: ['undefined', 'null'], rest: range(`${name} option is one of MemoryStore, not of SQLiteStore`) })

const SQLITE = {
  ...COMMON,
  file: {
    taken: ['a numeric string'],
    refused: [[['an empty string'], range('file option must name a file; for sessions in memory there is MemoryStore')]],
    rest: type('file option must be a string: the path of the SQLite file')
  },
  durability: { taken: ['undefined', 'null'], rest: range('durability option must be "normal" or "full"') },
  shared: ofMemory('shared'),
  stale: ofMemory('stale')
}

const REDIS = {
  client: {
    taken: NONE,
    refused: [
      [['undefined', 'null'], type('client option of RedisStore is missing: pass a client of the redis or the ioredis package')],
      [[...OBJECTS, 'a function'], type('client option of RedisStore must be a client of redis ≥ 5 or ioredis ≥ 5: createClient, ' +
        'createCluster, createSentinel, createClientPool, new Redis or new Redis.Cluster (and no legacy client)')]
    ],
    rest: type('client option of RedisStore must be a client of the redis or the ioredis package')
  },
  prefix: { taken: ['undefined', 'null', 'an empty string', 'a numeric string'], rest: type('prefix option must be a string') },
  ttl: {
    taken: ['undefined', 'null', 'zero', 'one', 'half', 'fraction', 'unsafe', 'enormous', 'a function'],
    refused: [[['negative', 'NaN', 'Infinity', '-Infinity'], range('ttl option must be greater than 0 seconds, and finite')]],
    rest: type('ttl option must be a number of seconds or a function')
  },
  disableTTL: flag('disableTTL'),
  disableTouch: flag('disableTouch'),
  scanCount: {
    taken: ['undefined', 'null', 'zero', 'one'],
    refused: [[NUMBERS, range('scanCount option must be an integer from 1')]],
    rest: type('scanCount option must be a number')
  },
  serializer: COMMON.serializer,
  storeTimeout: {
    taken: ['undefined', 'null', 'false', 'one', 'fraction'],
    refused: [[NUMBERS, range('storeTimeout option must be from 1 to 2147483647 milliseconds')]],
    rest: type('storeTimeout option must be a number of milliseconds or false')
  },
  nearCache: {
    taken: ['undefined', 'null', 'true', 'false', ...OBJECTS],
    rest: type('nearCache option must be true, false or an object')
  }
}

const nearBound = name => ({
  taken: ['undefined', 'one', 'Infinity'],
  refused: [[NUMBERS, range(`nearCache.${name} option must be an integer from 1, or Infinity`)]],
  rest: type(`nearCache.${name} option must be a number`)
})

const NEAR = {
  max: nearBound('max'),
  maxBytes: nearBound('maxBytes'),
  lease: {
    taken: ['undefined'],
    refused: [[NUMBERS, range('nearCache.lease option must be from 100 to 60000 milliseconds')]],
    rest: type('nearCache.lease option must be a number of milliseconds')
  }
}

// It needs the binary.
const { newFile, root } = needsBinary.skip ? {} : require('../engines/sqlite')

const client = { isOpen: true, sendCommand () {}, on () {}, off () {} }
const openRedis = options => new RedisStore({ client, ...options }).close()

function openSqlite (options) {
  const file = options.file === VALUES['a numeric string'] ? path.join(root, options.file) : options.file
  new SQLiteStore({ ...options, file: Object.hasOwn(options, 'file') ? file : newFile() }).close()
}

const TABLES = {
  'session()': { rows: SESSION, make: options => middleware(options), type: 'SessionOptions' },
  'the cookie': { rows: COOKIE, make: cookie => middleware({ cookie }), type: 'CookieOptions' },
  MemoryStore: { rows: MEMORY, make: options => new MemoryStore(options).close(), type: 'MemoryStoreOptions' },
  SQLiteStore: { rows: SQLITE, make: openSqlite, type: 'SQLiteStoreOptions', needs: needsBinary },
  RedisStore: { rows: REDIS, make: openRedis, type: 'RedisStoreOptions' },
  'nearCache of RedisStore': { rows: NEAR, make: nearCache => openRedis({ nearCache }) }
}

for (const [where, { rows, make, type, needs = {} }] of Object.entries(TABLES)) {
  for (const [option, { taken, refused = NONE, rest }] of Object.entries(rows)) {
    test(`${where}: ${option} takes what it should, and says of each other value what is wrong`, option === 'shared' ? needsBinary : needs, () => {
      for (const name of [...taken, ...refused.flatMap(([names]) => names)]) assert.ok(NAMES.includes(name), name)
      for (const [name, value] of Object.entries(VALUES)) {
        const given = { [option]: value }
        if (taken.includes(name)) {
          assert.doesNotThrow(() => make(given), `${option}: ${name}`)
          continue
        }
        const [, sentence] = refused.find(([names]) => names.includes(name)) || [[], rest]
        assert.throws(() => make(given), sentence === aKey ? aKey(name) : sentence, `${option}: ${name}`)
      }
    })
  }

  if (type === undefined) continue
  test(`${where}: the table has every option that the types have`, () => {
    const source = fs.readFileSync(path.join(__dirname, '../../index.d.ts'), 'utf8')
    const [, body] = new RegExp(`\\n  interface ${type}\\b[^{]*\\{\\n([^]*?)\\n  \\}`).exec(source)
    const declared = [...body.matchAll(/^ {4}(\w+)\??[:(]/gm)].map(([, name]) => name)
    assert.ok(declared.length > 5)
    assert.deepEqual(declared.filter(name => !Object.hasOwn(rows, name)), [])
  })
}

test('A store takes no options but an object', () => {
  const given = Object.entries(VALUES).filter(([, value]) => value === null || typeof value !== 'object')
  for (const [name, value] of given) {
    if (value != null) assert.throws(() => new MemoryStore(value), type('options of MemoryStore must be an object'), name)
    assert.throws(() => new SQLiteStore(value), type('SQLiteStore needs options: an object with a file'), name)
    assert.throws(() => new RedisStore(value), type('options of RedisStore must be an object with a client'), name)
  }
})

test('A serializer has both functions', () => {
  for (const serializer of [{ parse () {} }, { stringify () {} }, { parse: 1, stringify: 2 }]) {
    for (const Store of [MemoryStore, SQLiteStore, RedisStore]) {
      assert.throws(() => new Store({ client, file: 'a', serializer }), COMMON.serializer.rest, JSON.stringify(serializer))
    }
  }
})

test('What is no file and what is no client are named', () => {
  assert.throws(() => new SQLiteStore({ file: ':memory:' }), SQLITE.file.refused[0][1])
  assert.throws(() => new SQLiteStore({ file: 'a\0b' }), range('file option must not contain NUL'))
  assert.throws(() => new RedisStore({ client: { get () {}, set () {} } }), REDIS.client.refused[1][1])
  assert.throws(() => new RedisStore({ client: Promise.resolve(client) }), type('client option of RedisStore is a promise: await it first'))
})

for (const bad of ['a\ud800', 'a\udfff', '\udc00\ud800', 'a\ud800b']) {
  test(`A shared name, a file and a prefix with half a surrogate pair are refused: they would name another store too (${JSON.stringify(bad)})`, () => {
    for (const [option, make] of Object.entries({
      shared: shared => new MemoryStore({ shared }),
      file: file => new SQLiteStore({ file }),
      prefix: prefix => new RedisStore({ client: {}, prefix })
    })) {
      assert.throws(() => make(bad), range(`${option} option must not contain half a surrogate pair`))
    }
  })
}

test('A revoked proxy as an option throws where the middleware is made', () => {
  for (const option of ['cookie', 'store', 'secret', 'genid', 'unset', 'name']) assert.throws(() => middleware({ [option]: revoked }), TypeError, option)
  for (const option of ['domain', 'path', 'maxAge', 'expires', 'sameSite', 'priority']) assert.throws(() => middleware({ cookie: { [option]: revoked } }), TypeError, option)
})

test('Lifetimes up to the last date are taken, and sessions live as long', async t => {
  const last = 8.64e15
  middleware({ cookie: { maxAge: last - Date.now() - 60_000 } })
  assert.throws(() => middleware({ cookie: { maxAge: last } }), RangeError)
  assert.throws(() => middleware({ cookie: { maxAge: -last - Date.now() - 60_000 } }), RangeError)
  for (const ttl of [1e300, Number.MAX_VALUE, Infinity, last]) {
    const store = new MemoryStore({ ttl })
    await new Promise(resolve => store.set('a', { cookie: {}, n: 1 }, resolve))
    const found = await new Promise(resolve => store.get('a', (err, data) => resolve(err || data)))
    assert.equal(found.n, 1, String(ttl))
    store.close()
  }
})
