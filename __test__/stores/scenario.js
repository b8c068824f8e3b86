'use strict'

/* The steps that every store goes through. What is expected is said here once; all else is compared with upstream. */

const assert = require('assert')
const { setTimeout: sleep } = require('timers/promises')
const { HOUR } = require('./trial')

const ok = (response) => assert.equal(response.status, 200, `status ${response.status}: ${JSON.stringify(response.body)}`)
const n = (value) => (response, [held]) => {
  ok(response)
  assert.equal(response.body.session.n, value, `the session has n = ${response.body.session.n}, not ${value}`)
  if (value !== undefined) assert.equal(held && held.n, value, `the store holds ${JSON.stringify(held)}`)
}
const gone = (held, what = 'the session') => assert.ok(!held || held.n === undefined, `${what} is still in the store`)
const SHORT = 2000
/** Milliseconds for an answer while the server is gone: longer than the clients' own time limits (stores.js). */
const GONE = 2500

/** From the first session to an expired one. Answers with the cookies of sessions that are left for the next process. */
async function whole (trial) {
  await trial.serve({})
  const started = Date.now()
  const ids = (browser) => ({ ids: () => [browser.id] })

  const name = trial.ascii ? 'Zoe "quoted"' : 'Zoë 🐈 „quoted“\u2028'

  const dying = trial.browser()
  await trial.step('short maxAge', () => dying.get(`/maxage?ms=${SHORT}&n=1`), { ...ids(dying), expect: ok })

  const ann = trial.browser()
  await trial.step('no session', () => ann.get('/nothing'), {
    expect (response, held, calls) {
      ok(response)
      assert.deepEqual(response.cookies, [])
      assert.deepEqual(calls.filter((call) => call.method !== 'get'), [])
    }
  })
  await trial.step('new session', () => ann.get('/set?n=1'), {
    ...ids(ann),
    expect (response, held) {
      n(1)(response, held)
      assert.equal(response.cookies.length, 1, 'one cookie')
      assert.equal(response.cookies[0].signature, 'valid')
      assert.ok(response.body.same, 'session.id is sessionID')
    }
  })
  await trial.step('load', () => ann.get('/view'), { ...ids(ann), expect: n(1) })
  await trial.step('change', () => ann.get('/set?n=2'), { ...ids(ann), expect: n(2) })
  await trial.step('load the change', () => ann.get('/view'), { ...ids(ann), expect: n(2) })
  await trial.step('rich data', () => ann.get('/rich?name=' + encodeURIComponent(name)), { ...ids(ann), expect: ok })
  await trial.step('load rich data', () => ann.get('/view'), {
    ...ids(ann),
    expect (response) {
      n(2)(response, [response.body.session])
      assert.equal(response.body.session.user.name, name)
    }
  })
  await trial.step('change inside an array', () => ann.get('/push?item=a'), { ...ids(ann), expect: ok })
  await trial.step('load the array', () => ann.get('/view'), {
    ...ids(ann), expect: (response) => assert.deepEqual(response.body.session.list, ['a'])
  })
  await trial.step('remove a key', () => ann.get('/remove'), { ...ids(ann), expect: n(undefined) })
  await trial.step('touch by the app', () => ann.get('/touch?call=1'), { ...ids(ann), expect: ok })
  await trial.step('touch at the end', () => ann.get('/touch'), { ...ids(ann), expect: ok })
  await trial.step('longer maxAge', () => ann.get('/maxage?ms=' + 2 * HOUR), { ...ids(ann), expect: ok })
  await trial.step('load with the longer maxAge', () => ann.get('/view'), { ...ids(ann), expect: ok })
  await trial.step('reload', () => ann.get('/set?n=3').then(() => ann.get('/reload')), { ...ids(ann), expect: n(3) })
  await trial.step('save', () => ann.get('/save?n=4'), {
    ...ids(ann), expect: (response) => assert.equal(response.body.held, 4, 'not held right after save')
  })
  await trial.step('streamed response', () => ann.get('/stream?n=5'), {
    ...ids(ann),
    expect (response, [held]) {
      assert.equal(response.body, 'one two three')
      assert.equal(held.n, 5)
    }
  })
  await trial.step('redirect', () => ann.get('/redirect?n=6'), { ...ids(ann), expect: (response, [held]) => assert.equal(held.n, 6) })
  await trial.step('HEAD', () => ann.get('/head', { method: 'HEAD' }), { ...ids(ann), expect: ok })
  await trial.step('error in the app', () => ann.get('/throw?n=7'), {
    ...ids(ann),
    expect (response, [held]) {
      assert.equal(response.body.error, 'the app failed')
      assert.equal(held.n, 7)
    }
  })
  await trial.step('five at once', async () => {
    const responses = await Promise.all([1, 2, 3, 4, 5].map(() => ann.copy().get('/view')))
    return { statuses: responses.map((response) => response.status), values: responses.map((response) => response.body.session.n) }
  }, {
    ...ids(ann), parallel: true, expect: (response) => assert.deepEqual(response, { statuses: Array(5).fill(200), values: Array(5).fill(7) })
  })

  const before = ann.id
  await trial.step('regenerate', () => ann.get('/regenerate?n=8'), {
    ids: () => [before, ann.id],
    expect (response, [old, fresh]) {
      ok(response)
      assert.notEqual(ann.id, before)
      gone(old, 'the old session')
      assert.equal(fresh.n, 8)
    }
  })
  await trial.step('load regenerated', () => ann.get('/view'), { ...ids(ann), expect: n(8) })

  await trial.step('disconnect', () => {
    trial.store.emit('disconnect')
    return ann.copy().get('/view')
  }, { ...ids(ann), expect: (response) => assert.equal(response.body.session, 'none') })
  await trial.step('connect', () => {
    trial.store.emit('connect')
    return ann.get('/view')
  }, { ...ids(ann), expect: n(8) })

  await trial.step('delete req.session', () => ann.get('/delete'), { ...ids(ann), expect: (response, [held]) => assert.equal(held.n, 8) })
  const stale = ann.copy()
  await trial.step('destroy', () => ann.get('/destroy'), {
    ...ids(ann),
    expect (response, [held]) {
      ok(response)
      gone(held)
    }
  })
  await trial.step('cookie of a destroyed session', () => stale.get('/view'), {
    ids: () => [stale.id], expect: (response, [held]) => gone(held)
  })
  await trial.step('new session after that', () => stale.get('/set?n=9'), { ...ids(stale), expect: n(9) })
  await trial.step('destroy, then generate', () => stale.get('/destroy-generate'), { ...ids(stale), expect: n(7) })
  await trial.step('forged cookie', () => {
    const forger = stale.copy()
    forger.cookies.set('connect.sid', forger.cookies.get('connect.sid').replace(/.$/, (last) => last === 'A' ? 'B' : 'A'))
    return forger.get('/view')
  }, { ...ids(stale), expect: (response) => assert.equal(response.body.session.n, undefined) })

  const browserSession = trial.browser()
  await trial.step('maxAge null', () => browserSession.get('/maxage?ms=null&n=1'), { ...ids(browserSession), expect: ok })
  await trial.step('load without maxAge', () => browserSession.get('/view'), { ...ids(browserSession), expect: n(1) })

  const kept = []
  for (let i = 1; i <= 3; i++) {
    const browser = trial.browser()
    await trial.step(`left for later ${i}`, () => browser.get('/set?n=' + 10 * i), { ...ids(browser), expect: n(10 * i) })
    kept.push(Object.fromEntries(browser.cookies))
  }

  await trial.serve({ rolling: true })
  const bob = trial.browser()
  await trial.step('rolling: new', () => bob.get('/set?n=1'), { ...ids(bob), expect: n(1) })
  await trial.step('rolling: load', () => bob.get('/view'), {
    ...ids(bob), expect: (response) => assert.equal(response.cookies.length, 1, 'the cookie is sent again')
  })

  await trial.serve({ unset: 'destroy' })
  const cid = trial.browser()
  await trial.step('unset: new', () => cid.get('/set?n=1'), { ...ids(cid), expect: n(1) })
  await trial.step('unset: null', () => cid.get('/unset'), { ...ids(cid), expect: (response, [held]) => gone(held) })

  await trial.serve({ resave: true, saveUninitialized: true })
  const dan = trial.browser()
  await trial.step('resave: new', () => dan.get('/view'), { ...ids(dan), expect: (response) => assert.equal(response.cookies.length, 1) })
  await trial.step('resave: load', () => dan.get('/view'), { ...ids(dan), expect: ok })

  await trial.serve({ cookie: {} })
  const eve = trial.browser()
  await trial.step('cookie without maxAge: new', () => eve.get('/set?n=1'), { ...ids(eve), expect: n(1) })
  await trial.step('cookie without maxAge: load', () => eve.get('/view'), { ...ids(eve), expect: n(1) })

  await trial.serve({})
  // a second over, for backends that count in seconds, and time for a busy machine
  await sleep(Math.max(0, started + SHORT + 1600 - Date.now()))
  await trial.step('expired', () => dying.copy().get('/view'), {
    expect (response) {
      ok(response)
      assert.equal(response.body.session.n, undefined, 'an expired session came back')
    }
  })
  return kept
}

/** Another process, the same sessions. */
async function restarted (trial, kept) {
  await trial.serve({})
  const browser = trial.browser(kept)
  const ids = { ids: () => [browser.id] }
  await trial.step('restart: load', () => browser.get('/view'), { ...ids, expect: n(10) })
  await trial.step('restart: change', () => browser.get('/set?n=11'), { ...ids, expect: n(11) })
  await trial.step('restart: load the change', () => browser.get('/view'), { ...ids, expect: n(11) })
}

/** Sessions that the other package wrote. */
async function swapped (trial, [, second, third]) {
  await trial.serve({})
  const browser = trial.browser(second)
  const ids = { ids: () => [browser.id] }
  await trial.step('swap: load', () => browser.get('/view'), {
    ...ids,
    expect (response, held) {
      n(20)(response, held)
      assert.deepEqual(response.cookies, [], 'the cookie is valid, no other is sent')
    }
  })
  await trial.step('swap: change', () => browser.get('/set?n=21'), { ...ids, expect: n(21) })
  await trial.step('swap: load the change', () => browser.get('/view'), { ...ids, expect: n(21) })
  const last = trial.browser(third)
  const before = last.id
  await trial.step('swap: regenerate', () => last.get('/regenerate?n=31'), {
    ids: () => [before, last.id],
    expect (response, [old, fresh]) {
      gone(old)
      assert.equal(fresh.n, 31)
    }
  })
  await trial.step('swap: destroy', () => last.get('/destroy'), { ids: () => [last.id], expect: (response, [held]) => gone(held) })
}

/** Back with the first package: what the other one changed. */
async function back (trial, [, second]) {
  await trial.serve({})
  const browser = trial.browser(second)
  const ids = { ids: () => [browser.id] }
  await trial.step('swap back: load', () => browser.get('/view'), { ...ids, expect: n(21) })
  await trial.step('swap back: destroy', () => browser.get('/destroy'), { ...ids, expect: (response, [held]) => gone(held) })
}

/*
 * The server killed and started again under a running app. When exactly a client notices is up to it, so only the kind
 * of answer is noted.
 */
const kindOf = (response) => response.status === 200 && response.body.session === 'none'
  ? 'no session'
  : response.status === 200 ? { n: response.body.session.n } : response.status === 'waits' ? 'waits' : 'error'

async function outageBegins (trial) {
  await trial.serve({})
  trial.survivor = trial.browser()
  await trial.step('before the outage', () => trial.survivor.get('/set?n=1'), { ids: () => [trial.survivor.id], expect: n(1) })
}

async function outageLasts (trial) {
  trial.events.splice(0)
  await sleep(300)
  const [view, fresh] = await Promise.all([
    trial.survivor.copy().get('/view', { wait: GONE }), trial.browser().get('/set?n=2', { wait: GONE })
  ].map((promise) => promise.catch((err) => ({ status: err.code }))))
  trial.recorder.forgetRejections()
  trial.recorder.add('server gone', { view: kindOf(view), fresh: kindOf(fresh) })
}

async function outageEnds (trial, patience) {
  let view
  const until = Date.now() + patience
  for (;;) {
    view = await trial.survivor.copy().get('/view', { wait: 2000 }).catch((err) => ({ status: err.code }))
    if (typeof kindOf(view) === 'object' || Date.now() > until) break
    await sleep(100)
  }
  const fresh = await trial.browser().get('/set?n=3', { wait: 5000 }).catch((err) => ({ status: err.code }))
  trial.recorder.forgetRejections()
  trial.recorder.add('server back', { view: kindOf(view), fresh: kindOf(fresh), events: [...new Set(trial.events)].sort() },
    kindOf(fresh).n === 3 ? undefined : 'no new session after the server is back: ' + JSON.stringify(kindOf(fresh)))
}

module.exports = { whole, restarted, swapped, back, outageBegins, outageLasts, outageEnds }
