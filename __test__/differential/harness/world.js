'use strict'

const http = require('node:http')
const http2 = require('node:http2')
const clock = require('./clock')
const describe = require('./describe')
const { revive } = require('./values')
const { createStore, isNative, watch } = require('./stores')
const { connectHttp2, send, sign, splitSigned } = require('../../helpers/client')
const { listen } = require('../../helpers/server')
const { Jar, cookieHeader } = require('./cookies')
const actions = require('./actions')

// A world is one scenario on one package: a server with the middleware, a store, a browser, and
// the log of everything that happened on the server, in order.

// How long nothing may happen before a request counts as hanging: in looks of 5 ms, so that a
// machine that is busy elsewhere does not count against it.
const IDLE_LOOKS = 40

const DEFAULT_ID = /^[A-Za-z0-9_-]{32}$/

class World {
  constructor (lib, scenario, foreign) {
    this.lib = lib
    this.foreign = foreign || lib
    this.native = isNative(scenario)
    this.scenario = scenario
    this.clock = clock
    this.events = []
    this.sids = []
    this.pending = 0
    this.activity = 0
    this.failures = {}
    this.gates = new Map()
    this.closers = []
    this.name = sessionCookieName(scenario)
    this.jar = new Jar(this.name)
    this.secrets = []
    this.step = null
  }

  log (...entry) {
    this.activity++
    this.events.push(entry)
  }

  begin () {
    this.activity++
    this.pending++
  }

  end () {
    this.activity++
    this.pending--
  }

  onClose (fn) {
    this.closers.push(fn)
  }

  // Remembers a random id, to give it a name in the record.
  sid (id) {
    if (typeof id === 'string' && DEFAULT_ID.test(id) && !this.sids.includes(id)) this.sids.push(id)
    return id
  }

  setCookieNames (res) {
    const have = res.getHeader('Set-Cookie')
    return have === undefined ? [] : [].concat(have).map((line) => String(line).split('=')[0])
  }

  park (name, go) {
    this.end()
    this.gates.set(name, () => {
      this.begin()
      go()
    })
  }

  fail ({ method, ...how }) {
    if (how.stop) delete this.failures[method]
    else (this.failures[method] ||= []).push(how)
  }

  setup () {
    const { scenario, lib } = this
    const options = scenario.options === undefined ? undefined : revive(scenario.options, this)
    const store = createStore(this, scenario.store)
    this.store = store
    if (scenario.loadCallsBack) this.makeLoadCallBack()
    if (options && store !== undefined) options.store = store
    const secret = scenario.clientSecret !== undefined ? revive(scenario.clientSecret, this) : options && options.secret
    this.secrets = (Array.isArray(secret) ? secret : [secret]).filter((s) => s !== undefined && s !== null)
    this.middleware = lib.session(options)
  }

  /** An error that upstream throws in the store's callback, `load` calls back with. */
  makeLoadCallBack () {
    const { prototype } = this.lib.Store
    const { load } = prototype
    prototype.load = function (sid, callback) {
      this.get(sid, (err, data) => {
        if (err) return callback(err)
        if (!data) return callback()
        let session
        try {
          session = this.createSession({ sessionID: sid, sessionStore: this }, data)
        } catch (err) {
          return callback(err)
        }
        callback(null, session)
      })
    }
    this.onClose(() => { prototype.load = load })
  }

  // --- on the server ---

  // What is done to the response below the session's wrappers.
  probe (res) {
    const world = this
    const { write, end, writeHead } = res
    const size = (chunk, enc) =>
      chunk === null || chunk === undefined
        ? 0
        : typeof chunk === 'string'
          ? Buffer.byteLength(chunk, typeof enc === 'string' ? enc : undefined)
          : typeof chunk.length === 'number'
            ? chunk.length
            : -1
    res.write = function (chunk, enc) {
      const last = world.events[world.events.length - 1]
      if (last && last[0] === 'out write') last[1] += size(chunk, enc)
      else world.log('out write', size(chunk, enc))
      return write.apply(this, arguments)
    }
    res.end = function (chunk, enc) {
      world.log('out end', typeof chunk === 'function' ? 0 : size(chunk, enc))
      return end.apply(this, arguments)
    }
    res.writeHead = function (status) {
      world.log('out writeHead', status, world.setCookieNames(this))
      return writeHead.apply(this, arguments)
    }
  }

  context (req, res) {
    const world = this
    const step = this.step
    const ctx = {
      world,
      req,
      res,
      step,
      note () {
        world.sid(req.sessionID)
        if (req.session) world.sid(req.session.id)
      },
      snapshot () {
        return {
          sessionID: typeof req.sessionID === 'string' ? req.sessionID : typeof req.sessionID,
          store: req.sessionStore === undefined ? 'none' : world.store === undefined || req.sessionStore === world.store,
          session: describe.session(req.session, req, world)
        }
      }
    }
    this.lastReq = req
    return ctx
  }

  // What stands before the session in the app.
  before (ctx) {
    const { req, res, world } = ctx
    const pre = ctx.step.pre
    if (world.probed) world.probe(res)
    if (!pre) return
    if (pre.wrap) actions.wrapResponse(ctx, 'inner')
    const values = pre.req ? revive(pre.req, world) : {}
    for (const k of Object.keys(values)) {
      let v = values[k]
      if ((k === 'signedCookies' || k === 'cookies') && v) {
        v = { ...v }
        const have = world.jar.last || { sid: 'nobody', signature: 'AAAA' }
        for (const n of Object.keys(v)) {
          if (typeof v[n] === 'string') v[n] = v[n].replaceAll('{sid}', have.sid).replaceAll('{signature}', have.signature)
        }
      }
      Object.defineProperty(req, k, { value: v, configurable: true, enumerable: true, writable: true })
    }
    if (pre.encrypted) req.connection.encrypted = true
    if (pre.encrypted) world.onClose(() => delete req.connection.encrypted)
    for (const [k, v] of pre.headers || []) res.setHeader(k, v)
  }

  callMiddleware (ctx, next) {
    const { world } = ctx
    let calls = 0
    let threw = true
    try {
      this.middleware(ctx.req, ctx.res, (...args) => {
        calls++
        world.log(
          calls === 1 ? 'next' : 'next again',
          ...(args.length ? [describe.error(args[0])] : []),
          ctx.res.headersSent ? 'headers sent' : ''
        )
        next(...args)
      })
      threw = false
    } finally {
      if (threw) world.log('the middleware threw')
    }
  }

  handle (ctx, next) {
    if (ctx.handled) return
    ctx.handled = true
    ctx.next = next
    const { world, step } = ctx
    ctx.note()
    world.log('handler', ctx.snapshot())
    world.begin()
    actions.run(ctx, step.actions || [], () => {
      const r = step.respond || { how: 'end', data: 'ok' }
      try {
        actions.responses[r.how](ctx, r)
      } catch (err) {
        world.log('answer threw', describe.error(err))
        ctx.note()
        if (err instanceof actions.Thrown) throw err
        world.end()
        return next(err)
      }
      ctx.note()
      const finish = () => {
        world.log('left with', ctx.snapshot())
        world.end()
      }
      if (step.after) actions.run(ctx, step.after, finish)
      else finish()
    })
  }

  failed (ctx, err) {
    const { req, res, world } = ctx
    // Without an id, upstream has nothing to destroy.
    if (world.scenario.forgetsUnloaded && !ctx.handled) req.sessionID = undefined
    world.log('error handler', describe.error(err), res.headersSent ? 'headers sent' : '')
    if (res.writableEnded) return
    if (!res.headersSent) res.statusCode = 500
    const value = res.headersSent ? res.end() : res.end(`failed: ${err && err.message}`)
    world.log('end returned', value === res ? 'res' : String(value))
  }

  listener () {
    const { transport } = this.scenario
    if (transport === 'express4' || transport === 'express5') return this.expressApp(transport)
    return (req, res) => {
      const ctx = this.context(req, res)
      this.before(ctx)
      const next = (err) => {
        if (err) this.failed(ctx, err)
        else {
          try {
            this.handle(ctx, next)
          } catch (e) {
          // as every framework does
            if (!(e instanceof actions.Thrown)) throw e
            this.log('handler threw')
            this.end()
            this.failed(ctx, e)
          }
        }
      }
      try {
        this.callMiddleware(ctx, next)
      } catch (err) {
        this.failed(ctx, err)
      }
    }
  }

  expressApp (which) {
    const express = require(which === 'express5' ? 'express' : 'express4')
    const app = express()
    app.set('env', 'test')
    const set = this.scenario.app || {}
    for (const k of Object.keys(set)) app.set(k, set[k])
    app.use((req, res, next) => {
      req.ctx = this.context(req, res)
      this.before(req.ctx)
      next()
    })
    const use = (req, res, next) => this.callMiddleware(req.ctx, next)
    if (this.scenario.mount) app.use(this.scenario.mount, use)
    else app.use(use)
    app.use((req, res, next) => {
      try {
        this.handle(req.ctx, next)
      } catch (e) {
        if (e instanceof actions.Thrown) {
          this.log('handler threw')
          this.end()
        }
        throw e
      }
    })
    app.use((err, req, res, next) => this.failed(req.ctx, err))
    return app
  }

  // --- from outside ---

  async run () {
    const { scenario } = this
    clock.freeze(scenario.tick || 0)
    const record = { steps: [] }
    try {
      try {
        this.setup()
      } catch (err) {
        record.refused = describe.error(err)
        record.log = this.take()
        return this.finish(record)
      }
      this.probed =
        scenario.store.kind !== 'default' &&
        scenario.store.kind !== 'memory' &&
        scenario.transport !== 'http2' &&
        scenario.transport !== 'direct' &&
        !scenario.unprobed
      record.setup = this.take()
      if (scenario.transport === 'direct') await this.runDirect(record)
      else await this.runServer(record)
      return this.finish(record)
    } finally {
      for (const fn of this.closers) fn()
      clock.release()
    }
  }

  async runServer (record) {
    const server = this.scenario.transport === 'http2' ? servers.http2() : servers.http()
    this.port = await server.ready
    server.listener = this.listener()
    process.setUncaughtExceptionCaptureCallback((err) => {
      this.log('uncaught', describe.error(err))
    })
    const running = new Map()
    try {
      for (const step of this.scenario.steps) {
        if (step.advance) clock.advance(step.advance)
        this.beforeStep(step)
        const out = { log: null }
        record.steps.push(out)
        if (step.open) {
          const other = running.get(step.open)
          running.delete(step.open)
          const go = this.gates.get(step.open)
          this.gates.delete(step.open)
          if (go) go()
          if (other) other.out.response = await this.settle(other.sent)
        } else {
          this.step = step
          const sent = this.send(step)
          if (step.parks) {
            await this.idleUntil(() => this.gates.has(step.parks) || sent.done)
            running.set(step.parks, { sent, out })
          } else {
            out.response = await this.settle(sent)
          }
        }
        out.log = this.take()
        if (!step.unseen) out.stored = await this.stored()
        this.take()
      }
    } finally {
      process.setUncaughtExceptionCaptureCallback(null)
      server.listener = null
    }
  }

  // What is done to the store between two requests.
  beforeStep (step) {
    for (const b of step.before || []) {
      const store = this.store || (this.lastReq && this.lastReq.sessionStore)
      const sid = this.jar.last ? this.jar.last.sid : 'none'
      switch (b.do) {
        case 'emit':
          if (store) store.emit(b.event)
          break
        case 'fail':
          this.fail(b)
          break
        case 'spy':
          watch(this, store, b.method, store)
          break
        case 'spyPrototype':
          watch(this, this.lib.MemoryStore.prototype, b.method, store)
          break
        case 'text':
          if (this.backing) this.backing.set(b.sid || sid, b.v)
          else store.sessions[b.sid || sid] = b.v
          break
        case 'lose':
          if (this.backing) this.backing.clear()
          else store.clear()
          break
        case 'sessionPrototype': {
          const { prototype } = this.lib.Session
          prototype.login = function login (user) {
            this.user = user
            return this
          }
          this.onClose(() => delete prototype.login)
          break
        }
        default:
          throw new Error(`before ${b.do}`)
      }
    }
  }

  send (step) {
    const headers = {}
    const cookie = cookieHeader(step.cookie, this.jar, this.secrets)
    if (cookie !== undefined) headers.cookie = /[^\0-\xff]/.test(cookie) ? Buffer.from(cookie).toString('latin1') : cookie
    Object.assign(headers, step.headers)
    const overHttp2 = this.scenario.transport === 'http2'
    const session = overHttp2 ? connectHttp2(this.port) : undefined
    const { response, abort } = send({
      port: this.port,
      method: step.method,
      path: step.url,
      headers,
      body: step.body,
      agent,
      http2: session,
      onHeaders: step.abort ? (req) => req.destroy() : undefined
    })
    const sent = { done: false, abort }
    response.then((received) => {
      if (session) session.close()
      this.activity++
      sent.done = true
      sent.response = recordOf(received)
    })
    return sent
  }

  async idleUntil (done) {
    let seen = this.activity
    let looks = 0
    let spins = 0
    while (!done()) {
      if (spins++ < 200) await immediate()
      else {
        await new Promise((resolve) => setTimeout(resolve, 5))
        looks++
      }
      if (this.activity !== seen) {
        seen = this.activity
        looks = 0
        spins = 0
      }
      if (looks > IDLE_LOOKS) return false
    }
    return true
  }

  // Waits for the response and for everything that it has set off.
  async settle (sent) {
    const fine = await this.idleUntil(() => sent.done && this.pending === 0)
    if (!fine) {
      this.log(sent.done ? 'something was never called back' : 'the response hangs')
      this.pending = 0
      if (!sent.done) {
        sent.abort()
        await this.idleUntil(() => sent.done)
        sent.response = { hangs: true, status: sent.response && sent.response.status }
      }
    }
    let seen
    do {
      seen = this.activity
      for (let i = 0; i < 4; i++) await immediate()
    } while (this.activity !== seen)
    const { response } = sent
    if (response.headers) this.jar.take(response.headers.filter(([k]) => k.toLowerCase() === 'set-cookie').map(([, v]) => v))
    return response
  }

  // What the store holds now.
  async stored () {
    const store = this.store || (this.lastReq && this.lastReq.sessionStore)
    if (this.backing) return [...this.backing]
    if (!store) return []
    const all = this.rawAll || store.all
    return new Promise((resolve) => {
      try {
        all.call(store, (err, sessions) => {
          if (err) return resolve({ failed: describe.error(err) })
          resolve(Object.keys(sessions).map((sid) => [this.sid(sid), JSON.stringify(sessions[sid])]))
        })
      } catch (err) {
        resolve({ failed: describe.error(err) })
      }
    })
  }

  // Without a server: a bare req and a bare res, as sockets do it.
  async runDirect (record) {
    for (const step of this.scenario.steps) {
      this.step = step
      if (step.advance) clock.advance(step.advance)
      this.beforeStep(step)
      const headers = { ...step.headers }
      const cookie = cookieHeader(step.cookie, this.jar, this.secrets)
      if (cookie !== undefined) headers.cookie = cookie
      const req = { headers, url: step.url || '/', method: 'GET', ...(step.req ? revive(step.req, this) : {}) }
      const res = step.resIsEmpty ? {} : { end () {} }
      const ctx = this.context(req, res)
      let over = false
      const next = (err) => {
        if (err) return (over = true)
        ctx.note()
        this.log('handler', ctx.snapshot())
        actions.run(ctx, step.actions || [], () => (over = true))
      }
      try {
        this.callMiddleware(ctx, next)
      } catch (err) {
        this.log('threw', describe.error(err))
        over = true
      }
      await this.idleUntil(() => over && this.pending === 0)
      for (let i = 0; i < 4; i++) await immediate()
      ctx.note()
      if (req.session && typeof req.sessionID === 'string' && step.remember) {
        this.jar.add(encodeURIComponent(`s:${sign(req.sessionID, this.secrets[0])}`))
      }
      const out = { log: this.take(), resKeys: Object.keys(res).filter((k) => k !== 'end' && k !== 'writeHead') }
      record.steps.push(out)
      out.stored = await this.stored()
      this.take()
    }
  }

  take () {
    const events = this.events
    this.events = []
    return events
  }

  // Gives the random ids their names and takes the record out of this world.
  finish (record) {
    for (const step of record.steps) {
      if (step.response) step.response = this.normaliseResponse(step.response)
      if (Array.isArray(step.stored)) step.stored = step.stored.map(([sid, text]) => ({ sid, session: text }))
    }
    let text = JSON.stringify(record)
    this.sids.forEach((sid, i) => {
      text = text.replaceAll(sid, `<id ${i + 1}>`)
    })
    record = JSON.parse(text)
    for (const step of record.steps) {
      // in which order MemoryStore keeps the keys of a session is nobody's business
      if (this.native && Array.isArray(step.stored)) {
        for (const x of step.stored) {
          const value = JSON.parse(x.session)
          if (value && value.cookie) x.session = JSON.stringify({ cookie: value.cookie, ...value })
        }
      }
      for (const e of step.log || []) for (const x of e) if (x && x.unordered) x.unordered.sort()
      if (Array.isArray(step.stored)) step.stored.sort((a, b) => (a.sid < b.sid ? -1 : a.sid > b.sid ? 1 : 0))
    }
    return record
  }

  normaliseResponse (response) {
    const out = { ...response }
    if (out.informational && !out.informational.length) delete out.informational
    if (out.headers) {
      out.headers = out.headers
        .filter(([k]) => k.toLowerCase() !== 'date')
        .map(([k, v]) => (k.toLowerCase() === 'set-cookie' ? [k, this.normaliseCookie(v)] : [k, v]))
    }
    return out
  }

  // Checks the signature and puts the number of the key in its place.
  normaliseCookie (line) {
    const start = `${this.name}=`
    if (!line.startsWith(start)) return line
    const semi = line.indexOf(';')
    const value = line.slice(start.length, semi === -1 ? undefined : semi)
    const { sid, signature } = splitSigned(value)
    if (signature === undefined || encodeURIComponent(`s:${sid}.${signature}`) !== value) return line
    const key = this.secrets.findIndex((secret) => sign(sid, secret) === `${sid}.${signature}`)
    if (key === -1) return line
    this.sid(sid)
    return `${start}s:${sid}.(signed with ${key})${semi === -1 ? '' : line.slice(semi)}`
  }
}

function sessionCookieName (scenario) {
  const o = scenario.options || {}
  return String(o.name || o.key || 'connect.sid')
}

function immediate () {
  return new Promise((resolve) => setImmediate(resolve))
}

const agent = new http.Agent({ keepAlive: true })

// What of a response is compared.
function recordOf (response) {
  const { error, status, message, version, rawHeaders, rawTrailers, complete, informational, bytes } = response
  const record = { informational: informational.map(({ status, rawHeaders }) => ({ status, headers: rawHeaders })) }
  if (error && (!status || version === undefined)) record.failed = error.code || error.message
  if (!status) return record
  Object.assign(record, { status, message, version, headers: rawHeaders, complete, body: bytes.toString('latin1') })
  if (rawTrailers && rawTrailers.length) record.trailers = rawTrailers
  return record
}

// One server of each kind for all scenarios of the process.
const servers = {
  open: {},
  make (kind, create) {
    if (this.open[kind]) return this.open[kind]
    const entry = (this.open[kind] = { listener: null })
    const server = create((req, res) => {
      if (entry.listener) entry.listener(req, res)
      else res.destroy()
    })
    entry.ready = listen(server).then(({ port }) => {
      server.unref()
      return port
    })
    return entry
  },
  http () {
    return this.make('http', (listener) => {
      const server = http.createServer({ maxHeaderSize: 64 * 1024 }, listener)
      server.keepAliveTimeout = 60_000
      server.on('checkContinue', listener)
      // the process may end when only idle connections are left
      server.on('connection', (socket) => socket.unref())
      return server
    })
  },
  http2 () {
    return this.make('http2', (listener) => http2.createServer(listener).on('session', (session) => session.unref()))
  }
}

function run (lib, scenario, foreign) {
  return new World(lib, scenario, foreign).run()
}

module.exports = { run, World }
