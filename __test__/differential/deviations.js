'use strict'

const assert = require('node:assert')
const { isNative } = require('./harness/stores')
const { revive } = require('./harness/values')

// Where this package does something else than express-session 1.19.0, on purpose.
//
// `applies(scenario)` says where; `instead(scenario)` is the scenario that makes upstream do what
// ours does in `scenario`, where there is one; `expect(record, scenario)` changes what upstream
// did into what ours has to do. Nothing is skipped: ours is held to the result. Each has scenarios
// in deviations.test.js, which also checks that upstream still differs.

function eachStep (record, scenario, change) {
  record.steps.forEach((out, i) => change(out, scenario.steps[i] || {}, i))
}

function eachEvent (record, change) {
  const lists = [record.setup, ...record.steps.map((s) => s.log)]
  for (const list of lists) if (list) list.forEach(change)
}

function header (response, name) {
  return response.headers && response.headers.find(([k]) => k.toLowerCase() === name)
}

// Did the app itself begin the response, or choose its framing, before res.end?
function appFrames (step, log) {
  const acts = [...(step.actions || []), ...(step.before || [])].map((a) => a.do)
  const how = step.respond ? step.respond.how : 'end'
  if (acts.some((a) => ['write', 'flushHeaders', 'writeHead'].includes(a))) return true
  return how === 'chunks' || how === 'pipe' || how === 'sendFile' || (how === 'writeHead' && !log.some((e) => e[0] === 'answer threw'))
}

const VALID = (spec) =>
  spec === 'keep' ||
  spec === 'plain' ||
  spec === 'quoted' ||
  (typeof spec === 'object' && ('old' in spec || ('sid' in spec && !('wrong' in spec))))

const usesCookieFunction = (s) => !!(s.options && s.options.cookie && s.options.cookie.$cookie)

const has = (scenario, test) => scenario.steps.some((s) => [...(s.actions || []), ...(s.after || [])].some(test))

const EMPTY = ['{}', '[]', '5', '"text"', 'true', '{"cookie":null}', '{"cookie":"x"}']

// Does the request of this step read such a session? One without its cookie reads none.
const readsEmpty = (step) => step.cookie !== 'drop' && (step.before || []).some((b) => b.do === 'text' && EMPTY.includes(b.v))

module.exports = [
  {
    id: 'whole-response',
    reason:
      'With the native store the commit is synchronous, so the response goes out whole: with a Content-Length where upstream, which holds the end back, has to use chunks.',
    applies: isNative,
    expect (record, scenario) {
      eachStep(record, scenario, ({ response, log }, step) => {
        if (!response || !response.headers || appFrames(step, log)) return
        // a method that has been replaced is used as any other store's
        const end = log.findIndex((e) => e[0] === 'end returned')
        if (end > 0 && /^store\.(set|touch|destroy)$/.test(log[end - 1][0])) return
        // so is the store when there is no string to destroy the session under
        const [, left] = log.find((e) => e[0] === 'left with') || []
        if (left && ['number', 'object'].includes(left.sessionID) && typeof left.session === 'string') return
        const chunked = header(response, 'transfer-encoding')
        if (!chunked || response.hangs) return
        // upstream's own chunks, not the app's
        if (has({ steps: [step] }, (a) => a.do === 'header' && /transfer-encoding/i.test(a.k))) return
        const body = Buffer.byteLength(response.body, 'latin1')
        chunked[0] = 'Content-Length'
        chunked[1] = String(body)
      })
    }
  },
  {
    id: 'end-returns-res',
    reason: 'res.end returns res, as Node documents it; upstream returns true, false or undefined (es#1062).',
    applies: () => true,
    expect (record) {
      eachEvent(record, (e) => {
        if (e[0] === 'end returned') e[1] = 'res'
      })
    }
  },
  {
    id: 'save-and-reload-return-this',
    reason:
      'session.save() and session.reload() can be chained, as the README says and the types have it; the wrappers that upstream puts around them return undefined.',
    applies: (s) => has(s, (a) => ['save', 'reload', 'saveArgs'].includes(a.do)),
    expect (record) {
      eachEvent(record, (e) => {
        if (e[0] === 'save returned' || e[0] === 'reload returned') e[1] = 'this'
      })
    }
  },
  {
    id: 'end-callback',
    reason:
      'res.end(callback), res.end(data, callback), res.end(data, encoding, callback): upstream loses the callback or throws (es#477, es#751).',
    applies: (s) => s.steps.some((x) => x.respond && x.respond.cb === true),
    instead: (s) => ({
      ...s,
      steps: s.steps.map((x) => (x.respond && x.respond.cb === true ? { ...x, respond: { ...x.respond, cb: 'finish' } } : x))
    })
  },
  {
    id: 'called-back-twice',
    reason: 'A store that calls back twice ends the response once (issue 6); upstream ends it again.',
    applies: (s) => !!s.store.twice,
    expect (record) {
      for (const step of record.steps) {
        let seen = false
        step.log = step.log.filter((e) => {
          const again = seen && e[0] === 'out end'
          seen ||= e[0] === 'out end'
          return !again
        })
      }
    }
  },
  {
    id: 'throws-reach-next',
    reason:
      'What is thrown while the session is fetched or made (by genid, by a store, by JSON.parse) reaches next(err) in every case; upstream throws some of it out of the middleware.',
    applies: () => true,
    expect (record) {
      for (const step of record.steps) {
        const at = step.log.findIndex((e) => e[0] === 'the middleware threw')
        if (at === -1) continue
        const error = step.log.slice(at).find((e) => e[0] === 'error handler' || e[0] === 'threw')
        step.log[at] = ['next', error[1], '']
        // a bare req has nobody who catches it
        step.log = step.log.filter((e) => e[0] !== 'threw')
      }
    }
  },
  {
    id: 'memory-store-calls-back-errors',
    reason: 'A stored text that is not JSON is an error for the callback of MemoryStore.get; upstream throws it at the caller.',
    applies: (s) => s.store.kind !== 'custom' && s.steps.some((x) => (x.before || []).some((b) => b.do === 'text')),
    expect (record) {
      eachEvent(record, (e) => {
        if (e[0] === 'store.get threw') e[0] = 'store.get calls back'
        if (e[0] === 'store.load threw') e.splice(0, 2, 'load calls back', e[1], 'undefined')
      })
    }
  },
  {
    id: 'load-calls-back-errors',
    reason: 'An error in making the session of what a store gave is one for the callback of Store.load; upstream throws it in the callback of the store.',
    applies: (s) => !s.store.foreign && has(s, (a) => a.do === 'store.load'),
    instead: (s) => ({ ...s, loadCallsBack: true })
  },
  {
    id: 'stored-text-is-not-quoted',
    reason: 'The error for a stored text that is not JSON does not quote it; that of JSON.parse, which upstream passes on, does.',
    applies: (s) => s.store.kind !== 'custom' && s.steps.some((x) => (x.before || []).some((b) => b.do === 'text')),
    expect (record, scenario) {
      const ours = 'the text stored for the session is not JSON'
      eachStep(record, scenario, (out) => {
        const stored = out.stored && out.stored.failed
        if (stored && stored.name === 'SyntaxError') stored.message = ours
        const said = out.log.map((e) => e[1]).find((e) => e && e.name === 'SyntaxError')
        if (!said) return
        const theirs = said.message
        const longer = ours.length - theirs.length
        for (const e of out.log) {
          if (e[1] && e[1].message === theirs) e[1] = { ...e[1], message: ours }
          if (e[0] === 'out end' && e[1] > theirs.length) e[1] += longer
        }
        if (out.response && out.response.body.includes(theirs)) {
          out.response.body = out.response.body.replace(theirs, ours)
          const length = header(out.response, 'content-length')
          if (length) length[1] = String(Number(length[1]) + longer)
        }
      })
    }
  },
  {
    id: 'stored-null-is-nothing',
    reason: 'The text `null` in MemoryStore is no session, as `false` and `0` are none; upstream throws a TypeError.',
    applies: (s) => s.store.kind !== 'custom' && s.steps.some((x) => (x.before || []).some((b) => b.v === 'null')),
    instead: (s) => ({
      ...s,
      steps: s.steps.map((x) => (x.before ? { ...x, before: x.before.map((b) => (b.v === 'null' ? { ...b, v: 'false' } : b)) } : x))
    }),
    expect (record) {
      eachEvent(record, (e) => {
        if (e[0] === 'store.get calls back' && e[2] === 'false') e[2] = 'null'
      })
    }
  },
  {
    id: 'empty-session-is-none',
    reason:
      'What a store gives without a cookie and without data ({}, [], a text, a number) is no session: its client gets a new one, and a warning says so. Upstream answers every request of this client with a TypeError.',
    applies: (s) => s.steps.some(readsEmpty),
    instead: (s) => ({
      ...s,
      steps: s.steps.map((x) => (readsEmpty(x) ? { ...x, before: x.before.map((b) => (EMPTY.includes(b.v) ? { ...b, v: 'false' } : b)) } : x))
    }),
    expect (record, scenario) {
      eachStep(record, scenario, (out, step) => {
        if (!readsEmpty(step)) return
        for (const e of out.log) if (e[0] === 'store.get calls back' && e.at(-1) === 'false') e[e.length - 1] = step.before[0].v
      })
    }
  },
  {
    id: 'not-loaded-is-not-destroyed',
    reason:
      "unset: 'destroy' destroys only a session that the request has had. Upstream destroys it too when the store's get has failed, or has not called back yet.",
    applies: (s) => !!s.options && s.options.unset === 'destroy',
    instead: (s) => ({ ...s, forgetsUnloaded: true })
  },
  {
    id: 'destroyed-stays-destroyed',
    reason:
      'A session that was destroyed while another request of it was running is not brought back by that request in MemoryStore (issue 6, tj/connect-redis#328); upstream saves it again.',
    applies: (s) => s.store.kind !== 'custom' && !!s.dead,
    check (record) {
      for (const step of record.steps) if (step.response) assert.strictEqual(step.response.status, 200)
      assert.deepStrictEqual(record.steps[record.steps.length - 1].stored, [])
    }
  },
  {
    id: 'original-max-age-stays',
    reason:
      'originalMaxAge is what the app has set; upstream computes it back from the time and is off by a millisecond whenever the clock moves in between.',
    applies: (s) => !!s.tick,
    check (record, scenario) {
      const wanted = scenario.options.cookie.maxAge
      const seen = [...JSON.stringify(record).matchAll(/originalMaxAge[\\": ]+([\d.]+|null)/g)].map((m) => m[1])
      assert.ok(seen.length > 5)
      for (const value of seen) assert.strictEqual(value, String(wanted))
    }
  },
  {
    id: 'http2',
    reason: 'The responses of node:http2 work as those of node:http do; upstream fails with `_implicitHeader is not a function` (es#888).',
    applies: (s) => s.transport === 'http2',
    instead: (s) => ({ ...s, transport: 'http', unprobed: true }),
    expect (record, scenario) {
      eachStep(record, scenario, ({ response }, step) => {
        if (!response || !response.headers) return
        const none = ['connection', 'keep-alive', 'transfer-encoding']
        if (!(step.respond && step.respond.length)) none.push('content-length')
        delete response.message
        delete response.version
        response.headers = response.headers.map(([k, v]) => [k.toLowerCase(), v]).filter(([k]) => !none.includes(k))
      })
    }
  },
  {
    id: 'cookie-first',
    reason:
      'What the fast path of the native store has saved comes back with `cookie` as its first key; upstream keeps the order that the app made.',
    applies: (s) => isNative(s) && !!s.cookieLast,
    expect (record, scenario) {
      let saved = false
      const front = (list) => list.sort((a, b) => (b === 'cookie') - (a === 'cookie'))
      eachStep(record, scenario, (out, step) => {
        for (const [, x] of saved ? out.log : []) {
          if (!x || !x.session || !x.session.json || x.session.json[0] !== '{') continue
          front(x.session.keys)
          front(x.session.forIn)
          const { cookie, ...data } = JSON.parse(x.session.json)
          x.session.json = JSON.stringify({ cookie, ...data })
        }
        saved ||= (step.actions || []).some((a) => a.do === 'count')
      })
    }
  },
  {
    id: 'write-head-forms',
    reason: 'writeHead(status, undefined, headers) and pairs that repeat a name do what they do in Node; upstream loses headers (issue 6).',
    applies: (s) => s.steps.some((x) => x.respond && x.respond.how === 'writeHead' && oddForm(x.respond.args)),
    instead: (s) => ({
      ...s,
      steps: s.steps.map((x) =>
        x.respond && x.respond.how === 'writeHead' && oddForm(x.respond.args) ? { ...x, respond: { ...x.respond, args: evenForm(x.respond.args) } } : x
      )
    })
  },
  {
    id: 'cookie-named-proto',
    reason: 'A cookie may be named __proto__; upstream fails with `raw.substr is not a function` when it comes back.',
    applies: (s) => !!s.options && s.options.name === '__proto__',
    instead: (s) => ({ ...s, options: { ...s.options, name: '__prot0__' } }),
    expect: (record) => JSON.parse(JSON.stringify(record).replaceAll('__prot0__', '__proto__'))
  },
  {
    id: 'wrong-options-are-refused',
    reason: 'A wrong option throws where the middleware is made; upstream fails in the first request that needs it.',
    applies: (s) => !!s.options && refusal(s.options) !== undefined,
    expect (record, s) {
      return { refused: refusal(s.options), log: [], steps: [] }
    }
  },
  {
    id: 'end-sends-the-response',
    reason:
      'A session that can not be touched or serialised at the end of the request does not take the response with it: that is sent, and the error reaches next(err) on a later tick. Upstream throws out of res.end, after which the response hangs or the process ends.',
    applies: (s) => s.fails !== undefined,
    check (record, scenario) {
      const { at, message } = scenario.fails
      const step = record.steps[at]
      const errors = step.log.filter((e) => /^next/.test(e[0]) && e[1] && e[1].message !== undefined)
      assert.ok(!step.response.hangs, 'the response hangs')
      assert.strictEqual(step.response.status, 200)
      assert.strictEqual(step.response.body, 'ok')
      assert.strictEqual(errors.length, 1, `next(err) was called ${errors.length} times: ${JSON.stringify(errors)}`)
      assert.match(errors[0][1].message, new RegExp(message))
      const place = (name) => step.log.findIndex((e) => e[0] === name)
      assert.ok(step.log.indexOf(errors[0]) > place('end returned'), 'not on a later tick')
      assert.ok(!step.log.some((e) => e[0] === 'uncaught' || e[0] === 'answer threw'), JSON.stringify(step.log))
      if (scenario.steps[at].before) return
      if (at > 0) assert.deepStrictEqual(step.stored, record.steps[at - 1].stored, 'the store has changed')
      else assert.deepStrictEqual(step.stored, [])
    }
  },
  {
    id: 'path-match',
    reason: 'A cookie path matches as RFC 6265 says: /admin is not a prefix of /administrator (es#1114).',
    applies (s) {
      const path = s.options && s.options.cookie && s.options.cookie.path
      if (typeof path !== 'string' || path.endsWith('/')) return false
      return s.steps.some((x) => boundary(x, path))
    },
    instead (s) {
      const { path } = s.options.cookie
      // upstream is asked at a path that does not match at all, which no handler can see
      return {
        ...s,
        steps: s.steps.map((x) =>
          boundary(x, path) ? { ...x, pre: { ...x.pre, req: { ...(x.pre && x.pre.req), originalUrl: '/-' } } } : x
        )
      }
    }
  },
  {
    id: 'several-cookies',
    reason:
      'Of several cookies of one name the first with a valid signature counts, among the first eight; upstream looks at the first only (es#448, es#881).',
    applies: (s) => s.steps.some((x) => x.cookie && x.cookie.several && !VALID(x.cookie.several[0])),
    instead: (s) => ({
      ...s,
      steps: s.steps.map((x) => {
        if (!x.cookie || !x.cookie.several) return x
        const named = x.cookie.several.filter((c) => !(typeof c === 'object' && 'text' in c)).slice(0, 8)
        const good = named.find(VALID)
        return good ? { ...x, cookie: good } : x
      })
    })
  },
  {
    id: 'cookie-function-once',
    reason: 'A function given as `cookie` is called once per request; upstream calls it again for every new session (es#988).',
    applies: usesCookieFunction,
    expect (record) {
      for (const step of record.steps) {
        let seen = false
        step.log = step.log.filter((e) => {
          if (e[0] !== 'cookie function') return true
          const first = !seen
          seen = true
          return first
        })
      }
    }
  },
  {
    id: 'cookie-function-auto',
    reason: "secure: 'auto' and sameSite: 'auto' work in what a `cookie` function returns; upstream takes them literally (es#1081).",
    applies: (s) =>
      usesCookieFunction(s) &&
      !!s.options.cookie.$cookie.returns &&
      ['secure', 'sameSite'].some((k) => s.options.cookie.$cookie.returns[k] === 'auto'),
    instead: (s) => ({ ...s, options: { ...s.options, cookie: s.options.cookie.$cookie.returns } }),
    expect (record) {
      // an object is not called: put the call where it belongs, before anything else of the request
      for (const step of record.steps) step.log.unshift(['cookie function', 'req'])
    }
  }
]

// writeHead(200, undefined, { … }), writeHead(200, [['A', '1'], ['A', '2']])
function oddForm ([, second, third]) {
  if (third !== undefined) return typeof second !== 'string'
  if (!Array.isArray(second) || !Array.isArray(second[0])) return false
  return new Set(second.map(([name]) => name.toLowerCase())).size < second.length
}

// The same headers in a form that upstream knows.
function evenForm ([status, second, third]) {
  return [status, third === undefined ? second.flat() : third]
}

// What is wrong with the options, in upstream's words where it has some: what its Cookie and the
// cookie package say when they are used.
function refusal ({ cookie, name, key }) {
  const called = name || key || 'connect.sid'
  if (typeof called !== 'string') return { name: 'TypeError', message: 'name option must be a string' }
  try {
    const { upstream } = require('./harness/lib')
    const given = revive(cookie, { log () {} })
    const made = new upstream.Cookie(typeof given === 'function' || !given ? {} : given)
    if (made.secure === 'auto') made.secure = true
    if (made.sameSite === 'auto') made.sameSite = 'lax'
    const wrong = given && typeof given === 'object' && wrongLifetime(given)
    if (wrong) return wrong
    made.expires = null
    made.serialize(called, '')
  } catch (err) {
    return { name: err.name, message: err.message }
  }
  return undefined
}

// A lifetime that leads to no date: what upstream says of it at every request is only that `expires` is invalid.
function wrongLifetime (given) {
  for (const key of ['maxAge', 'expires']) {
    const value = given[key]
    const option = `cookie.${key} option must be`
    if (typeof value === 'number' && Number.isNaN(new Date(Date.now() + value).getTime())) {
      return { name: 'RangeError', message: `${option} a number of milliseconds that leads to a valid date` }
    }
    if (key !== 'expires' && value instanceof Date && Number.isNaN(value.getTime())) return { name: 'RangeError', message: `${option} a valid Date` }
    if (key === 'expires' && typeof value === 'string' && value) return { name: 'TypeError', message: `${option} a Date` }
  }
  return undefined
}

function boundary (step, path) {
  const pathname = (step.url || '/').split(/[?#]/)[0]
  return pathname.startsWith(path) && pathname.length > path.length && pathname[path.length] !== '/'
}
