'use strict'

const { Readable } = require('node:stream')
const path = require('node:path')
const describe = require('./describe')
const { revive } = require('./values')

// What a handler can do, by name. An action that takes `done` calls it when it may go on.

class Thrown extends Error {}

function target (ctx) {
  return ctx.req.session
}

// A callback that logs what it is given and goes on, once.
function callback (ctx, what, done) {
  let called = false
  ctx.world.begin()
  ctx.cancel = () => {
    if (!called) ctx.world.end()
    called = true
  }
  return function (...args) {
    ctx.world.log(called ? `${what} calls back again` : `${what} calls back`, ...args.map((a) => result(ctx, a)))
    ctx.note()
    if (called) return
    called = true
    ctx.world.end()
    if (done) done()
  }
}

function result (ctx, value) {
  if (value instanceof Error) return describe.error(value)
  if (value && typeof value === 'object') return describe.json(value)
  return String(value)
}

function returned (ctx, what, value, self) {
  ctx.world.log(`${what} returned`, value === self ? 'this' : value === undefined ? 'undefined' : typeof value)
}

// session.save() and its like, in the forms they are called in.
function method (name) {
  return function (ctx, a, done) {
    const s = ctx.kept || target(ctx)
    if (!s || typeof s[name] !== 'function') {
      ctx.world.log(name, 'no session')
      return done()
    }
    const wait = a.wait !== false && a.cb !== false
    const args = a.cb === false ? [] : [callback(ctx, name, wait ? done : null)]
    returned(ctx, name, s[name](...args), s)
    ctx.note()
    if (!wait) done()
  }
}

function sidOf (ctx, a) {
  if (a.sid === undefined || a.sid === 'current') return ctx.req.sessionID
  if (a.sid === 'last') return ctx.world.jar.last ? ctx.world.jar.last.sid : 'none'
  return revive(a.sid, ctx.world)
}

const actions = {
  // the session's data
  set (ctx, a) {
    const s = target(ctx)
    if (s) s[a.k] = revive(a.v, ctx.world)
    else ctx.world.log('set', 'no session')
  },
  define (ctx, a) {
    Object.defineProperty(target(ctx), a.k, { value: revive(a.v, ctx.world), enumerable: true, configurable: true, writable: true })
  },
  unset (ctx, a) {
    const s = target(ctx)
    if (s) delete s[a.k]
  },
  count (ctx, a) {
    const s = target(ctx)
    if (s) s[a.k] = (s[a.k] || 0) + 1
  },
  push (ctx, a) {
    const s = target(ctx)
    if (!s) return
    if (!Array.isArray(s[a.k])) s[a.k] = []
    s[a.k].push(a.v)
  },
  nested (ctx, a) {
    const s = target(ctx)
    if (!s) return
    if (!s[a.k] || typeof s[a.k] !== 'object') s[a.k] = { inner: {} }
    ;(s[a.k].inner || s[a.k])[a.at] = revive(a.v, ctx.world)
  },
  // sets a key and takes it away again: nothing has changed
  flip (ctx, a) {
    const s = target(ctx)
    if (!s) return
    s[a.k] = 1
    delete s[a.k]
  },
  // the same data in another order
  reorder (ctx) {
    const s = target(ctx)
    if (!s) return
    const keys = Object.keys(s).filter((k) => k !== 'cookie')
    if (keys.length < 2) return
    const v = s[keys[0]]
    delete s[keys[0]]
    s[keys[0]] = v
  },
  cycle (ctx) {
    const s = target(ctx)
    if (s) s.self = { s }
  },
  toJSON (ctx, a) {
    const s = target(ctx)
    if (s) s[a.k] = { toJSON: () => revive(a.v, ctx.world) }
  },
  throwingToJSON (ctx, a) {
    const s = target(ctx)
    if (s) {
      s[a.k] = {
        toJSON () {
          throw new Error('toJSON threw')
        }
      }
    }
  },
  sessionToJSON (ctx) {
    const s = target(ctx)
    if (s) Object.defineProperty(s, 'toJSON', { value: () => ({ cookie: s.cookie, fromToJSON: true }), configurable: true })
  },
  cookieInToJSON (ctx, a) {
    const s = target(ctx)
    s[a.k] = { toJSON: () => ({ path: s.cookie && s.cookie.path }) }
  },
  cookieInGetter (ctx, a) {
    Object.defineProperty(target(ctx), a.k, { get () { return this.cookie && this.cookie.path }, enumerable: true, configurable: true })
  },
  noText (ctx) {
    Object.defineProperty(target(ctx), 'toJSON', { value: () => undefined, configurable: true })
  },
  // A cookie as apps make it that want Max-Age.
  maxAgeInData (ctx, a) {
    const { cookie } = target(ctx)
    const { get } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(cookie), 'data')
    Object.defineProperty(cookie, 'data', {
      get () {
        return Object.assign(get.call(this), { maxAge: a.v })
      }
    })
  },
  // As on-headers does it.
  whenHeadersAreWritten (ctx, a) {
    const { req, res } = ctx
    const { writeHead } = res
    res.writeHead = function (...args) {
      if (a.unset) delete req.session[a.unset]
      else req.session[a.k] = revive(a.v, ctx.world)
      return writeHead.apply(this, args)
    }
  },

  // the session's methods
  save: method('save'),
  reload: method('reload'),
  regenerate: method('regenerate'),
  destroy: method('destroy'),
  touch (ctx) {
    const s = target(ctx)
    if (s) returned(ctx, 'touch', s.touch(), s)
  },
  resetMaxAge (ctx) {
    const s = target(ctx)
    if (s) returned(ctx, 'resetMaxAge', s.resetMaxAge(), s)
  },
  saveArgs (ctx, a) {
    const s = target(ctx)
    if (s) returned(ctx, 'save', s.save(...revive(a.args, ctx.world)), s)
  },
  // keeps hold of the session, for actions that follow
  hold (ctx) {
    ctx.kept = target(ctx)
  },
  release (ctx) {
    ctx.kept = undefined
  },

  // req
  null (ctx) {
    ctx.req.session = null
  },
  undefined (ctx) {
    ctx.req.session = undefined
  },
  delete (ctx) {
    delete ctx.req.session
  },
  false (ctx) {
    ctx.req.session = false
  },
  replace (ctx, a) {
    ctx.req.session = revive(a.v, ctx.world)
  },
  restore (ctx) {
    ctx.req.session = ctx.kept
  },
  sessionID (ctx, a) {
    ctx.req.sessionID = revive(a.v, ctx.world)
  },
  look (ctx) {
    ctx.note()
    ctx.world.log('look', ctx.snapshot())
  },

  // the cookie
  cookie (ctx, a) {
    const s = target(ctx)
    if (s && s.cookie) s.cookie[a.k] = revive(a.v, ctx.world)
  },
  newCookie (ctx, a) {
    const s = target(ctx)
    if (s) s.cookie = new ctx.world.lib.Cookie(revive(a.v, ctx.world))
  },
  deleteCookie (ctx) {
    const s = target(ctx)
    if (s) delete s.cookie
  },
  serializeCookie (ctx, a) {
    const s = target(ctx)
    if (s) ctx.world.log('serialize', s.cookie.serialize(a.name, a.value))
  },

  // the store, called by the app
  generate (ctx) {
    returned(ctx, 'store.generate', ctx.req.sessionStore.generate(ctx.req), ctx.req.sessionStore)
    ctx.note()
  },
  'store.get' (ctx, a, done) {
    ctx.req.sessionStore.get(sidOf(ctx, a), callback(ctx, 'get', done))
  },
  'store.set' (ctx, a, done) {
    const value = a.v === undefined ? target(ctx) : revive(a.v, ctx.world)
    if (a.cb === false) {
      ctx.req.sessionStore.set(sidOf(ctx, a), value)
      return done()
    }
    ctx.req.sessionStore.set(sidOf(ctx, a), value, callback(ctx, 'set', done))
  },
  'store.touch' (ctx, a, done) {
    if (!ctx.req.sessionStore.touch || !target(ctx)) return done()
    ctx.req.sessionStore.touch(sidOf(ctx, a), target(ctx), callback(ctx, 'touch', done))
  },
  'store.destroy' (ctx, a, done) {
    if (a.cb === false) {
      ctx.req.sessionStore.destroy(sidOf(ctx, a))
      return done()
    }
    ctx.req.sessionStore.destroy(sidOf(ctx, a), callback(ctx, 'destroy', done))
  },
  'store.load' (ctx, a, done) {
    const cb = callback(ctx, 'load', done)
    ctx.req.sessionStore.load(sidOf(ctx, a), (err, s) => {
      if (s) ctx.world.log('loaded', describe.session(s, { sessionID: s.id }, ctx.world), Object.keys(s.req))
      cb(err, s)
    })
  },
  'store.regenerate' (ctx, a, done) {
    ctx.req.sessionStore.regenerate(ctx.req, callback(ctx, 'regenerate', done))
  },
  'store.createSession' (ctx, a) {
    const s = ctx.req.sessionStore.createSession(ctx.req, revive(a.v, ctx.world))
    ctx.world.log('createSession', describe.session(s, ctx.req, ctx.world), s === ctx.req.session)
  },
  'store.all' (ctx, a, done) {
    const cb = callback(ctx, 'all', done)
    ctx.req.sessionStore.all((err, all) => {
      // in which order is nobody's business
      if (all) ctx.world.log('all', Object.getPrototypeOf(all) === null, { unordered: Object.entries(all).map((e) => JSON.stringify(e)) })
      cb(err)
    })
  },
  'store.length' (ctx, a, done) {
    ctx.req.sessionStore.length(callback(ctx, 'length', done))
  },
  'store.clear' (ctx, a, done) {
    ctx.req.sessionStore.clear(callback(ctx, 'clear', done))
  },
  'store.text' (ctx, a) {
    ctx.req.sessionStore.sessions[sidOf(ctx, a)] = a.v
  },
  'store.seeText' (ctx, a) {
    ctx.world.log('text', String(ctx.req.sessionStore.sessions[sidOf(ctx, a)]), Object.keys(ctx.req.sessionStore.sessions).length)
  },

  // the response, before it is ended
  status (ctx, a) {
    ctx.res.statusCode = a.v
    if (a.message) ctx.res.statusMessage = a.message
  },
  header (ctx, a) {
    ctx.res.setHeader(a.k, a.v)
  },
  write (ctx, a) {
    ctx.res.write(a.buffer ? Buffer.from(a.v) : a.v, ...(a.enc ? [a.enc] : []))
  },
  flushHeaders (ctx) {
    ctx.res.flushHeaders()
  },
  writeHead (ctx, a) {
    const value = ctx.res.writeHead(...revive(a.args, ctx.world))
    ctx.world.log('writeHead returned', value === ctx.res ? 'this' : typeof value)
  },
  writeContinue (ctx) {
    ctx.res.writeContinue()
  },
  earlyHints (ctx) {
    ctx.res.writeEarlyHints({ link: '</a.css>; rel=preload' })
  },
  // what `compression` and others do, outside of the session's own wrappers
  wrap (ctx) {
    wrapResponse(ctx, 'outer')
  },

  // time and order
  wait (ctx, a, done) {
    let n = a.n || 1
    ctx.world.begin()
    ;(function again () {
      if (n-- > 0) return setImmediate(again)
      ctx.world.end()
      done()
    })()
  },
  gate (ctx, a, done) {
    ctx.world.park(a.name, done)
  },
  advance (ctx, a) {
    ctx.world.clock.advance(a.ms)
  },
  closed (ctx, a, done) {
    if (ctx.res.destroyed || ctx.res.socket === null || ctx.req.destroyed) return setImmediate(done)
    ctx.world.begin()
    ctx.res.once('close', () => {
      ctx.world.end()
      done()
    })
  },

  // the world outside
  fail (ctx, a) {
    ctx.world.fail(a)
  },
  emit (ctx, a) {
    ctx.req.sessionStore.emit(a.event)
  },
  throw (ctx, a) {
    throw new Thrown(a.message || 'thrown by the handler')
  }
}

function wrapResponse (ctx, who) {
  const { res, world } = ctx
  const { end, write, writeHead } = res
  res.writeHead = function (...args) {
    world.log(`${who} writeHead`, world.setCookieNames(res))
    return writeHead.apply(this, args)
  }
  // how many writes an end becomes is the middleware's own affair with the native store
  if (who === 'inner' && world.native) return
  res.end = function (...args) {
    world.log(`${who} end`, res.headersSent)
    return end.apply(this, args)
  }
  res.write = function (...args) {
    world.log(`${who} write`, res.headersSent)
    return write.apply(this, args)
  }
}

// How a handler answers, by name.

function payload (ctx, r) {
  let data = r.data
  if (data === '$session') data = ctx.req.session ? describe.json(ctx.req.session) : 'no session'
  if (data && typeof data === 'object') data = revive(data, ctx.world)
  if (data === undefined) return undefined
  if (r.as === 'buffer') return Buffer.from(data, r.enc || 'utf8')
  if (r.as === 'u8') return new Uint8Array(Buffer.from(data, r.enc || 'utf8'))
  return data
}

function end (ctx, ...args) {
  const value = ctx.res.end(...args)
  ctx.world.log('end returned', value === ctx.res ? 'res' : String(value))
}

const responses = {
  end (ctx, r) {
    const data = payload(ctx, r)
    if (r.length) { ctx.res.setHeader('Content-Length', Buffer.byteLength(data === undefined ? '' : data, r.enc) + (r.length === true ? 0 : r.length)) }
    const args = []
    if (data !== undefined || r.null) args.push(data === undefined ? null : data)
    if (r.enc && r.as === undefined) args.push(r.enc)
    if (r.cb) {
      const cb = (...got) => {
        ctx.world.log('end calls back', got.length ? describe.error(got[0]) : 'nothing')
        ctx.world.end()
      }
      ctx.world.begin()
      if (r.cb === 'finish') ctx.res.once('finish', () => cb())
      else args.push(cb)
    }
    end(ctx, ...args)
    for (let i = 1; i < (r.times || 1); i++) end(ctx, ...(r.again || []))
  },
  chunks (ctx, r) {
    for (const c of r.chunks) ctx.res.write(r.as === 'buffer' ? Buffer.from(c) : c)
    end(ctx, ...(r.data === undefined ? [] : [payload(ctx, r)]))
  },
  // as a file is sent: a stream that pipes into the response
  pipe (ctx, r) {
    if (r.length) ctx.res.setHeader('Content-Length', Buffer.byteLength(r.chunks.join('')))
    Readable.from(
      r.chunks.map((c) => Buffer.from(c)),
      { objectMode: false }
    ).pipe(ctx.res)
  },
  writeHead (ctx, r) {
    ctx.res.writeHead(...revive(r.args, ctx.world))
    end(ctx, ...(r.data === undefined ? [] : [payload(ctx, r)]))
  },
  json (ctx, r) {
    if (ctx.res.json) {
      ctx.res.json(r.data)
      return
    }
    ctx.res.setHeader('Content-Type', 'application/json; charset=utf-8')
    end(ctx, JSON.stringify(r.data))
  },
  send (ctx, r) {
    if (ctx.res.send) ctx.res.send(payload(ctx, r))
    else end(ctx, payload(ctx, r))
  },
  redirect (ctx, r) {
    if (ctx.res.redirect) {
      ctx.res.redirect(r.to || '/elsewhere')
      return
    }
    ctx.res.statusCode = 302
    ctx.res.setHeader('Location', r.to || '/elsewhere')
    end(ctx)
  },
  sendFile (ctx) {
    if (!ctx.res.sendFile) return responses.pipe(ctx, { chunks: ['a ', 'file'], length: true })
    ctx.res.sendFile(path.join(__dirname, 'values.js'), { lastModified: false })
  },
  next (ctx, r) {
    ctx.next(new Error(r.message || 'from the handler'))
  },
  throw (ctx, r) {
    throw new Thrown(r.message || 'thrown by the handler')
  },
  none () {}
}

// Runs actions in order; goes on in the same tick after one that is synchronous.
function run (ctx, list, done) {
  let i = 0
  ;(function loop () {
    for (;;) {
      if (i >= list.length) return done()
      const a = list[i++]
      const fn = actions[a.do]
      if (!fn) throw new Error(`no action ${a.do}`)
      if (fn.length < 3) {
        try {
          fn(ctx, a)
        } catch (err) {
          if (err instanceof Thrown) throw err
          ctx.world.log(`${a.do} threw`, describe.error(err))
        }
        continue
      }
      let sync = true
      let called = false
      ctx.cancel = null
      try {
        fn(ctx, a, () => {
          called = true
          if (!sync) loop()
        })
      } catch (err) {
        if (err instanceof Thrown) throw err
        ctx.world.log(`${a.do} threw`, describe.error(err))
        if (ctx.cancel) ctx.cancel()
        called = true
      }
      sync = false
      if (!called) return
    }
  })()
}

module.exports = { actions, responses, run, wrapResponse, Thrown }
