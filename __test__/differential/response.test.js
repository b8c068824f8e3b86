'use strict'

const { on, everywhere, visit, set, count, USUAL } = require('./harness/write')

// What is sent, in all the ways in which an app can send it, beside a session that is being made,
// changed, touched, destroyed or left alone.

const STORES = ['fast path', 'sync', 'async']

const WAYS = {
  'end()': { how: 'end' },
  'end(null)': { how: 'end', null: true },
  "end('')": { how: 'end', data: '' },
  'end(string)': { how: 'end', data: 'text' },
  'end(one character)': { how: 'end', data: 'x' },
  'end(one wide character)': { how: 'end', data: '\u{1F36A}' },
  'end(string, latin1)': { how: 'end', data: 'ü', enc: 'latin1' },
  'end(string, hex)': { how: 'end', data: '6f6b', enc: 'hex' },
  'end(string, base64)': { how: 'end', data: 'b2s=', enc: 'base64' },
  'end(Buffer)': { how: 'end', data: 'text', as: 'buffer' },
  'end(empty Buffer)': { how: 'end', data: '', as: 'buffer' },
  'end(Uint8Array)': { how: 'end', data: 'text', as: 'u8' },
  'end(large)': { how: 'end', data: { $repeat: ['0123456789', 20000] } },
  'end(), Content-Length': { how: 'end', length: true },
  "end(''), Content-Length": { how: 'end', data: '', length: true },
  'end(string), Content-Length': { how: 'end', data: 'text', length: true },
  'end(one), Content-Length': { how: 'end', data: 'x', length: true },
  'end(wide), Content-Length': { how: 'end', data: 'ü\u{1F36A}', length: true },
  'end(wide, then ASCII), Content-Length': { how: 'end', data: 'ü\u{1F36A}\ud83cx', length: true },
  'end(string, utf8), Content-Length': { how: 'end', data: 'üx', enc: 'utf8', length: true },
  'end(string, UTF-8), Content-Length': { how: 'end', data: 'üx', enc: 'UTF-8', length: true },
  'end(string, latin1), Content-Length': { how: 'end', data: 'üx', enc: 'latin1', length: true },
  'end(string, utf16le), Content-Length': { how: 'end', data: 'üx', enc: 'utf16le', length: true },
  'end(hex), Content-Length': { how: 'end', data: '6f6b', enc: 'hex', length: true },
  'end(Buffer), Content-Length': { how: 'end', data: 'text', as: 'buffer', length: true },
  'end twice': { how: 'end', data: 'text', times: 2 },
  'end twice, with a body': { how: 'end', data: 'text', times: 2, again: ['more'] },
  'end three times': { how: 'end', times: 3 },
  'write, end': { how: 'chunks', chunks: ['a', 'b'] },
  'write, end(string)': { how: 'chunks', chunks: ['a'], data: 'b' },
  'write of Buffers': { how: 'chunks', chunks: ['a', 'b'], as: 'buffer', data: 'c' },
  pipe: { how: 'pipe', chunks: ['one', 'two', 'three'] },
  'pipe of one': { how: 'pipe', chunks: ['one'] },
  'pipe, Content-Length': { how: 'pipe', chunks: ['one', 'two'], length: true },
  'writeHead(200)': { how: 'writeHead', args: [200], data: 'text' },
  'writeHead(201, object)': { how: 'writeHead', args: [201, { 'X-A': '1', 'Content-Type': 'text/plain' }], data: 'text' },
  'writeHead(200, message)': { how: 'writeHead', args: [200, 'Fine'], data: 'text' },
  'writeHead(200, message, object)': { how: 'writeHead', args: [200, 'Fine', { 'X-A': '1' }], data: 'text' },
  'writeHead(200, undefined, object)': { how: 'writeHead', args: [200, { $undefined: 1 }, { 'X-A': '1' }], data: 'text' },
  'writeHead(200, array)': { how: 'writeHead', args: [200, ['X-A', '1', 'X-B', '2']], data: 'text' },
  'writeHead(200, message, array)': { how: 'writeHead', args: [200, 'Fine', ['X-A', '1']], data: 'text' },
  'writeHead(200, array with a name twice)': { how: 'writeHead', args: [200, ['Link', 'a', 'Link', 'b']], data: 'text' },
  'writeHead(200, pairs)': {
    how: 'writeHead',
    args: [
      200,
      [
        ['X-A', '1'],
        ['X-B', '2']
      ]
    ],
    data: 'text'
  },
  'writeHead(200, odd array)': { how: 'writeHead', args: [200, ['X-A']], data: 'text' },
  'writeHead(200, empty array)': { how: 'writeHead', args: [200, []], data: 'text' },
  'writeHead(200, null)': { how: 'writeHead', args: [200, null], data: 'text' },
  'writeHead with Set-Cookie': { how: 'writeHead', args: [200, { 'Set-Cookie': 'app=1' }], data: 'text' },
  'writeHead with two Set-Cookies': { how: 'writeHead', args: [200, { 'Set-Cookie': ['app=1', 'b=2'] }], data: 'text' },
  'writeHead with Set-Cookie in an array': { how: 'writeHead', args: [200, ['Set-Cookie', 'app=1', 'Set-Cookie', 'b=2']], data: 'text' },
  'writeHead with Content-Length': { how: 'writeHead', args: [200, { 'Content-Length': '4' }], data: 'text' },
  'writeHead(204)': { how: 'writeHead', args: [204] },
  'writeHead(304)': { how: 'writeHead', args: [304, { ETag: '"x"' }] },
  'writeHead(99)': { how: 'writeHead', args: [99], data: 'text' },
  "writeHead('200')": { how: 'writeHead', args: ['200'], data: 'text' },
  'writeHead with a bad header': { how: 'writeHead', args: [200, { 'X-A': 'bad\n' }], data: 'text' },
  json: { how: 'json', data: { a: 1 } },
  redirect: { how: 'redirect' },
  send: { how: 'send', data: 'text' },
  sendFile: { how: 'sendFile' },
  'next(err)': { how: 'next', message: 'passed on' },
  throw: { how: 'throw', message: 'thrown' }
}

const SESSIONS = [
  ['made', { cookie: 'drop' }, [count]],
  ['not made', { cookie: 'drop' }, []],
  ['touched', {}, []],
  ['changed', {}, [count]],
  ['destroyed', {}, [{ do: 'destroy' }]]
]

for (const [name, respond] of Object.entries(WAYS)) {
  for (const transport of ['http', 'express5']) {
    if (transport === 'express5' && !['json', 'redirect', 'send', 'sendFile', 'next', 'throw', 'end'].includes(respond.how)) continue
    // a throw belongs to the handler as long as the middleware's tick lasts
    const sessions = respond.how === 'throw' ? SESSIONS.slice(0, 4) : SESSIONS
    on(transport === 'http' ? STORES : ['fast path', 'async'], `${name}, ${transport}`, {
      transport,
      options: { ...USUAL, cookie: { maxAge: 60000 } },
      steps: [visit(count), ...sessions.map(([, more, actions]) => ({ ...visit(...actions), ...more, respond }))]
    })
  }
}

for (const method of ['HEAD', 'POST', 'OPTIONS', 'DELETE']) {
  for (const [name, respond] of Object.entries({
    'end(string)': WAYS['end(string)'],
    'end()': WAYS['end()'],
    'end(string), Content-Length': WAYS['end(string), Content-Length'],
    pipe: WAYS.pipe,
    send: WAYS.send,
    sendFile: WAYS.sendFile,
    writeHead: WAYS['writeHead(200, message, object)']
  })) {
    for (const transport of ['http', 'express5', 'express4']) {
      on(['fast path', 'async'], `${method}, ${name}, ${transport}`, {
        transport,
        steps: [
          visit(count),
          { ...visit(count), method, respond },
          { ...visit(), method, respond },
          { ...visit(count), method, respond, cookie: 'drop' }
        ]
      })
    }
  }
}

for (const status of [201, 204, 205, 304, 404, 500]) {
  for (const respond of [WAYS['end()'], WAYS['end(string)'], WAYS['end(Buffer), Content-Length']]) {
    on(STORES, `status ${status}, ${JSON.stringify(respond)}`, {
      steps: [
        { ...visit(count, { do: 'status', v: status }), respond },
        { ...visit({ do: 'status', v: status }), respond },
        { ...visit(count, { do: 'status', v: status, message: 'As it is' }), respond }
      ]
    })
  }
}

// (Whole responses, as the fast path's, have their headers as Node sends them without sessions: before a string, in UTF-8.)
on(['sync', 'async'], 'headers and message in Latin-1, Content-Length', {
  steps: [visit(count), visit(count), visit()].map((step) => ({
    ...step,
    respond: { how: 'writeHead', args: [200, 'D\u00e9j\u00e0', { 'Content-Length': '4', 'X-A': '\u00e9' }], data: 'text' }
  }))
})

// --- headers that are there already ---

everywhere('Set-Cookie of the app', {
  steps: [
    visit(count, { do: 'header', k: 'Set-Cookie', v: 'app=1' }),
    { ...visit(count, { do: 'header', k: 'Set-Cookie', v: ['app=1', 'b=2'] }), cookie: 'drop' },
    { ...visit(count, { do: 'header', k: 'set-cookie', v: [] }), cookie: 'drop' },
    { ...visit(count, { do: 'header', k: 'Set-Cookie', v: 'connect.sid=mine' }), cookie: 'drop' }
  ]
})
everywhere('Set-Cookie from before the session', {
  steps: [
    { ...visit(count), pre: { headers: [['Set-Cookie', 'pre=1']] } },
    {
      ...visit(count, { do: 'header', k: 'Set-Cookie', v: 'app=1' }),
      cookie: 'drop',
      pre: { headers: [['Set-Cookie', ['pre=1', 'pre2=2']]] }
    }
  ]
})
everywhere('Transfer-Encoding of the app', {
  steps: [
    visit(count, { do: 'header', k: 'Transfer-Encoding', v: 'chunked' }),
    visit({ do: 'header', k: 'Transfer-Encoding', v: 'chunked' })
  ]
})
everywhere('Connection: close', { steps: [visit(count, { do: 'header', k: 'Connection', v: 'close' }), visit()] })
everywhere('Trailer', { steps: [{ ...visit(count, { do: 'header', k: 'Trailer', v: 'X-T' }), respond: { how: 'chunks', chunks: ['a'] } }] })
for (const length of ['0', '2', '1', 'nonsense', '', '-1', ' 2 ', '2.5', '0x2']) {
  on(STORES, `Content-Length: "${length}"`, {
    steps: [
      { ...visit(count, { do: 'header', k: 'Content-Length', v: length }), method: 'HEAD' },
      { ...visit({ do: 'header', k: 'Content-Length', v: length }), method: 'HEAD' }
    ]
  })
}
everywhere('Content-Length as a number', {
  steps: [visit(count, { do: 'header', k: 'Content-Length', v: 2 }), visit({ do: 'header', k: 'Content-Length', v: 2 })]
})

// --- begun before the end ---

everywhere('flushHeaders, change', {
  steps: [
    visit('flushHeaders', count),
    visit(count),
    visit('flushHeaders', count),
    { ...visit(count, 'flushHeaders'), cookie: 'drop' },
    visit()
  ]
})
everywhere('flushHeaders with rolling and maxAge', {
  options: { ...USUAL, rolling: true, cookie: { maxAge: 9000 } },
  steps: [visit(count, 'flushHeaders'), visit('flushHeaders'), visit('flushHeaders', count)]
})
everywhere('write, change', {
  steps: [visit({ do: 'write', v: 'a' }, count), visit(count), visit({ do: 'write', v: 'a' }, count), visit()]
})
everywhere('write, regenerate', {
  steps: [visit(count), visit({ do: 'write', v: 'a' }, 'regenerate', count), visit(count), { ...visit(), cookie: { old: 0 } }]
})
everywhere('write, destroy', { steps: [visit(count), visit({ do: 'write', v: 'a' }, 'destroy'), visit(count)] })
everywhere('writeHead, change, end', {
  steps: [
    visit(count),
    visit({ do: 'writeHead', args: [200, { 'X-A': '1' }] }, count),
    visit(),
    { ...visit({ do: 'writeHead', args: [200] }, count), cookie: 'drop' }
  ]
})
everywhere('writeHead twice', { steps: [visit(count, { do: 'writeHead', args: [200] }, { do: 'writeHead', args: [201] }), visit(count)] })
everywhere('early hints', { steps: [visit('earlyHints', count), visit('earlyHints')] })
everywhere('Expect: 100-continue', {
  steps: [
    { ...visit('writeContinue', count), method: 'POST', headers: { Expect: '100-continue' }, body: 'body' },
    { ...visit('writeContinue', { do: 'wait', n: 3 }, count), method: 'POST', headers: { Expect: '100-continue' }, body: 'body' }
  ]
})
everywhere('an end that is late', {
  steps: [visit(count, { do: 'wait', n: 10 }), visit({ do: 'wait', n: 10 }, count), visit({ do: 'wait', n: 10 })]
})

// --- wrapped by others ---

for (const respond of [
  WAYS['end(string)'],
  WAYS['end(string), Content-Length'],
  WAYS['write, end(string)'],
  WAYS['writeHead(201, object)'],
  WAYS['end()']
]) {
  on(STORES, `end, write and writeHead wrapped before, ${JSON.stringify(respond)}`, {
    steps: [visit(count), visit(), visit(count)].map((s) => ({ ...s, respond, pre: { wrap: true } }))
  })
  on(STORES, `end, write and writeHead wrapped after, ${JSON.stringify(respond)}`, {
    steps: [visit('wrap', count), visit('wrap'), visit('wrap', count)].map((s) => ({ ...s, respond }))
  })
  on(STORES, `end, write and writeHead wrapped before and after, ${JSON.stringify(respond)}`, {
    steps: [visit('wrap', count), visit('wrap'), visit('wrap', count)].map((s) => ({ ...s, respond, pre: { wrap: true } }))
  })
}

// --- a client that goes away ---

for (const actions of [[count], [], ['regenerate', count]]) {
  on(['fast path', 'recorded', 'sync', 'async'], `a client that leaves in the middle, ${JSON.stringify(actions)}`, {
    steps: [visit(count), { ...visit({ do: 'write', v: 'begun' }, { do: 'closed' }, ...actions), abort: true }, visit('look')]
  })
}

// --- one connection, many requests ---

on(['fast path', 'async'], 'twenty requests on one connection', {
  steps: Array.from({ length: 20 }, (_, i) =>
    visit(...(i % 3 ? [count] : []), ...(i % 7 === 6 ? ['regenerate'] : []), ...(i % 5 === 4 ? [set('k', i)] : []))
  )
})
