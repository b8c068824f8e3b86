'use strict'

/* What a scenario works with: one store with its calls on record, apps on it, browsers with cookies, and steps. */

const assert = require('assert')
const zlib = require('zlib')
const { Browser: Client, parseSetCookie, sign, splitSigned } = require('../helpers/client')
const { listen } = require('../helpers/server')
const { spy } = require('../helpers/spy')
const { Normaliser } = require('./normalise')

const SECRET = 'keyboard cat'
const HOUR = 3600000
// cookies are told apart; the rest changes with the ids and the time
const UNTOLD = ['date', 'connection', 'etag', 'set-cookie', 'keep-alive', 'content-length']
const SPIED = ['get', 'set', 'touch', 'destroy']

/** The steps of one process, shared by the trials in it. */
class Recorder {
  constructor () {
    this.normaliser = new Normaliser()
    this.steps = []
    this.asides = []
    process.on('unhandledRejection', (err) => this.asides.push({ unhandledRejection: String(err && err.message) }))
    process.on('uncaughtException', (err) => {
      // memcached's client looks for a server that is gone with the program ping, some time later, where there is one.
      if (err && err.syscall === 'spawn ping') return
      this.asides.push({ uncaughtException: String(err && err.message) })
    })
  }

  add (name, record, unmet) {
    const asides = this.asides.splice(0)
    if (asides.length) record = { ...record, asides }
    this.steps.push({ name, record: this.normaliser.normalise(record), unmet })
  }

  /** For steps in which clients reject this or that, as it comes. */
  forgetRejections () {
    this.asides = this.asides.filter((aside) => aside.uncaughtException)
  }

  take () {
    return this.steps.splice(0)
  }
}

/** One store is tried: its calls are on record, apps on it come and go. */
class Trial {
  /**
   * @param session the contestant
   * @param {object} opened what a row of stores.js opened: `{ store, held, close }`
   * @param {boolean} spied false leaves the store's methods as they are
   */
  constructor (recorder, session, opened, { spied = true, ascii = false } = {}) {
    this.recorder = recorder
    this.session = session
    this.store = opened.store
    this.heldRaw = opened.held
    this.ascii = ascii
    this.closeStore = opened.close
    this.calls = []
    this.events = []
    this.pending = 0
    this.get = this.store.get
    const methods = spied ? SPIED.filter((method) => typeof this.store[method] === 'function') : []
    this.stop = async () => {}
    this.restores = methods.map((method) => this.spy(method))
    if (this.store.on) for (const event of ['connect', 'disconnect']) this.store.on(event, () => this.events.push(event))
  }

  spy (method) {
    return spy(this.store, method, (self, args) => {
      const call = { method, args: args.map((arg) => typeof arg === 'function' ? 'callback' : snapshot(arg)) }
      this.calls.push(call)
      return {
        asked: () => { this.pending++ },
        answered: (results, times) => {
          if (times > 1) call.again = times - 1
          call.results = results.map(snapshot)
        },
        done: () => { this.pending-- }
      }
    })
  }

  /** Serves `options` on this trial's store, in place of what it served before. */
  async serve (options) {
    await this.stop()
    const { port, close } = await listen(makeApp(this.session, { ...baseOptions(), ...options, store: this.store }))
    this.port = port
    this.stop = close
  }

  async close () {
    await this.stop()
    for (const restore of this.restores) restore()
    if (this.closeStore) await this.closeStore()
  }

  browser (cookies) {
    return new Browser(this, cookies)
  }

  /** What the store says that it holds under this id, and what the backend really holds, where a row can tell. */
  async held (id) {
    const said = await new Promise((resolve) => {
      const timer = setTimeout(resolve, 3000, 'no answer')
      const answer = (err, session) => {
        clearTimeout(timer)
        resolve(err ? { error: err } : snapshot(session))
      }
      try {
        const promise = this.get.call(this.store, id, answer)
        if (promise && promise.catch) promise.catch(answer)
      } catch (err) {
        answer(err)
      }
    })
    if (!this.heldRaw) return { said }
    return { said, raw: await Promise.resolve(this.heldRaw(id)).catch((err) => ({ error: err })) }
  }

  async settle () {
    for (let round = 0; round < 200; round++) {
      await new Promise((resolve) => round < 2 ? setImmediate(resolve) : setTimeout(resolve, 5))
      if (round > 1 && this.pending === 0) return
    }
  }

  /**
   * One step: does something, then notes the response, the calls that the store got, its events, and what it holds of
   * the ids given. `expect` says in words and conditions what must be so whatever the contestant. With `parallel`,
   * the order of the calls is left to chance.
   */
  async step (name, act, { ids = () => [], expect, parallel = false } = {}) {
    this.calls.splice(0)
    this.events.splice(0)
    this.recorder.normaliser.id(undefined)
    let record
    let unmet
    try {
      const response = await act()
      await this.settle()
      const calls = this.calls.splice(0)
      if (parallel) calls.sort((a, b) => a.method < b.method ? -1 : Number(a.method > b.method))
      const holds = []
      for (const id of ids(response)) {
        this.recorder.normaliser.id(id)
        holds.push({ id, ...await this.held(id) })
      }
      record = { response, calls, events: this.events.splice(0), holds }
      if (expect) await expect(response, holds.map((one) => one.said), calls)
    } catch (err) {
      if (!(err instanceof assert.AssertionError)) record = { ...record, failed: err }
      unmet = err.message.replace(/\s+/g, ' ').slice(0, 300)
    }
    this.recorder.add(name, record, unmet)
    return record.response
  }
}

/** A browser whose responses are notes: parsed, without what changes with the ids and the time. */
class Browser extends Client {
  get id () {
    return splitSigned(this.cookies.get('connect.sid') || '').sid
  }

  post (path, fields = {}, { headers = {} } = {}) {
    const body = new URLSearchParams(fields).toString()
    return this.get(path, { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers } })
  }

  async get (path, { wait = 10000, ...options } = {}) {
    const impatience = new AbortController()
    const timer = setTimeout(() => impatience.abort(), wait)
    const response = await super.get(path, { signal: impatience.signal, ...options }).catch((err) => {
      if (impatience.signal.aborted) return undefined
      throw err
    }).finally(() => clearTimeout(timer))
    return response ? this.note(response) : { status: 'waits' }
  }

  note ({ status, headers: { ...headers }, setCookie, bytes }) {
    const { normaliser } = this.target.recorder
    const cookies = setCookie.map((line) => this.noteCookie(line))
    const text = (headers['content-encoding'] === 'gzip' ? zlib.gunzipSync(bytes) : bytes).toString()
    for (const name of UNTOLD) delete headers[name]
    let body = text
    try { body = JSON.parse(text) } catch {}
    if (body && body.id) normaliser.id(body.id)
    return { status, headers, cookies, body }
  }

  noteCookie (line) {
    const { name, value, attributes } = parseSetCookie(line)
    const { sid, signature } = splitSigned(value)
    this.target.recorder.normaliser.id(sid)
    if (signature === undefined) return { name, value: sid, attributes }
    return { name, id: sid, prefix: 's:', signature: sign(sid, SECRET) === `${sid}.${signature}` ? 'valid' : 'not valid', attributes }
  }
}

function baseOptions () {
  return { secret: SECRET, resave: false, saveUninitialized: false, cookie: { maxAge: HOUR } }
}

/** The app that every store serves. */
function makeApp (session, options) {
  const express = require('express')
  const app = express()
  app.use(session(options))

  const view = (req, res) => res.json({ id: req.sessionID, same: req.session ? req.session.id === req.sessionID : null, session: req.session })
  const viewOr = (req, res, next) => (err) => err ? next(err) : view(req, res)
  const at = (path, handler) => app.get(path, (req, res, next) => {
    if (!req.session) return res.json({ session: 'none' })
    handler(req, res, next)
  })

  at('/view', view)
  at('/nothing', (req, res) => res.json({}))
  at('/set', (req, res) => {
    Object.assign(req.session, { n: Number(req.query.n) })
    view(req, res)
  })
  at('/rich', (req, res) => {
    Object.assign(req.session, {
      user: { name: req.query.name, roles: ['admin', null, 3.5], deep: { er: { still: true } } },
      since: new Date(86400000),
      empty: {},
      list: [],
      text: 'x'.repeat(3000) + '"\\\n</script>',
      off: false,
      zero: 0,
      none: null
    })
    view(req, res)
  })
  at('/push', (req, res) => {
    req.session.list.push(req.query.item)
    view(req, res)
  })
  at('/remove', (req, res) => {
    delete req.session.n
    view(req, res)
  })
  at('/maxage', (req, res) => {
    req.session.cookie.maxAge = req.query.ms === 'null' ? null : Number(req.query.ms)
    if (req.query.n) req.session.n = Number(req.query.n)
    view(req, res)
  })
  // what a session that is an hour old looks like, without the wait: a minute is left of an hour
  at('/touch', (req, res) => {
    req.session.cookie._expires = new Date(Date.now() + 60000)
    if (req.query.call) req.session.touch()
    view(req, res)
  })
  at('/reload', (req, res, next) => {
    req.session.n = 'never saved'
    req.session.reload(viewOr(req, res, next))
  })
  at('/save', (req, res, next) => {
    req.session.n = Number(req.query.n)
    req.session.save((err) => {
      if (err) return next(err)
      req.sessionStore.get(req.sessionID, (err, held) => err ? next(err) : res.json({ id: req.sessionID, held: held && held.n }))
    })
  })
  at('/regenerate', (req, res, next) => {
    const before = req.sessionID
    req.session.regenerate((err) => {
      if (err) return next(err)
      req.session.n = Number(req.query.n)
      res.json({ before, id: req.sessionID, session: req.session })
    })
  })
  at('/destroy', (req, res, next) => {
    req.session.destroy((err) => err ? next(err) : res.json({ session: req.session === undefined ? 'undefined' : req.session }))
  })
  at('/destroy-generate', (req, res, next) => {
    req.session.destroy((err) => {
      if (err) return next(err)
      req.sessionStore.generate(req)
      req.session.n = 7
      view(req, res)
    })
  })
  at('/unset', (req, res) => {
    req.session = null
    res.json({})
  })
  at('/delete', (req, res) => {
    delete req.session
    res.json({})
  })
  at('/stream', (req, res) => {
    req.session.n = Number(req.query.n)
    res.type('text')
    res.write('one ')
    setTimeout(() => {
      res.write('two ')
      res.end('three')
    }, 5)
  })
  at('/redirect', (req, res) => {
    req.session.n = Number(req.query.n)
    res.redirect('/view')
  })
  at('/head', view)
  at('/throw', (req, res, next) => {
    req.session.n = Number(req.query.n)
    throw new Error('the app failed')
  })
  app.use((err, req, res, next) => {
    if (res.headersSent) return res.destroy()
    res.status(500).json({ error: err.message, code: err.code })
  })
  return app
}

/** A copy that later changes of a session do not reach. */
function snapshot (value) {
  if (value === undefined || value === null) return value
  if (value instanceof Error) return { name: value.name, message: value.message, code: value.code }
  try {
    return JSON.parse(JSON.stringify(value))
  } catch (err) {
    return String(err)
  }
}

module.exports = { Trial, Browser, Recorder, makeApp, snapshot, SECRET, HOUR }
