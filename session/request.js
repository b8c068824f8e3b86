'use strict'

const { inspect } = require('util')
const { adopt } = require('./adopt')
const { askStore, TIMEOUT } = require('./ask-store')
const { attach } = require('./context')
const debug = require('./debug')
const defer = require('./defer')
const lane = require('./lane')
const { lives } = require('./memory-engine')
const { readParsedCookies } = require('./parsed-cookies')
const { hookHeaders, holdEnd, isBody, onFinish, writesOwnHeaders } = require('./response')
const { isSecure } = require('./secure')
const { appendSetCookie, cookieText } = require('./set-cookie')
const { settleShapes } = require('./shape')
const { sameState, stateOf } = require('./state')

/** What the end of a request does with its session. */
const NOTHING = 'nothing'
const DESTROY = 'destroy'
const SAVE = 'save'
const TOUCH = 'touch'

/**
 * One request on its way through one middleware, from top to bottom in the order in which things
 * happen: open, fetch, start, (the app), beforeHeaders, end, commit.
 */
class RequestContext {
  constructor (middleware, req, res, next, cookieOptions, keyring) {
    this.middleware = middleware
    this.store = middleware.store
    this.req = req
    this.res = res
    this.next = next
    this.cookieOptions = cookieOptions
    this.keyring = keyring
    this.outer = undefined // the context of another middleware on the same request

    this.cookieId = undefined // the id that the client's cookie names
    this.sealedId = undefined // the value of that cookie, where it need not be made anew
    this.originalId = undefined // the session as it came: its id,
    this.originalState = undefined // its data
    this.lifeId = undefined // the id whose life in the native store this request knows,
    this.life = -1 // and that life,
    this.place = -1 // and where the native store has seen it
    this.otherLives = undefined // the same for the ids of sessions that the app regenerated
    this.returned = false // the client came with a cookie that this app has signed
    this.savedState = undefined // the data that were saved last
    this.saving = undefined
    this.failed = false

    this.timedOut = false // the store has not answered
    this.touched = false
    this.headersDone = false
    this.ended = false
    this.task = NOTHING // what the store is being asked to do with the session at the end of the request
    this.held = false // the end of the response waits for the store,
    this.sendEnd = undefined // and this sends it
    this.endState = undefined // the data while and after the request ends

    this.originalWrite = undefined
    this.originalEnd = undefined
    this.writeHead = undefined // what `res.writeHead` has become
  }

  /** Reads the client's cookie and hooks the response; the session comes with it or is fetched. */
  open () {
    const { req, store, keyring } = this
    let loaded

    settleShapes(req, this.res)
    attach(req, this)
    req.sessionStore = store

    try {
      const header = req.headers.cookie
      if (header) {
        const engine = lane.engineForLoading(store)
        if (engine === undefined) {
          this.cookieId = keyring.open(header)
        } else {
          loaded = engine.load(keyring, header, Date.now())
          this.cookieId = loaded && loaded.sid
        }
        if (this.cookieId) this.sealedId = keyring.sealedIn(header)
      }
      if (!this.cookieId) this.cookieId = readParsedCookies(req, this.middleware.name, keyring, this.cookieId)
    } catch (err) {
      this.next(err)
      return
    }

    req.sessionID = this.cookieId
    this.returned = Boolean(this.cookieId)
    this.hook()

    if (!this.cookieId) {
      debug('no SID sent, generating session')
      this.start(undefined)
    } else if (loaded && loaded.error) {
      this.next(loaded.error)
    } else if (loaded && loaded.sid === this.cookieId) {
      this.start(loaded.data ? loaded : undefined, true)
    } else {
      this.fetch()
    }
  }

  /** The ordinary way to a session: the store's own get. */
  fetch () {
    debug.session('fetching %s', this.cookieId)
    askStore(this.middleware.storeTimeout, this, this.get, this.fetched)
  }

  get (callback) {
    this.store.get(this.cookieId, callback)
  }

  fetched (err, data) {
    if (err && err.code !== 'ENOENT') {
      debug('store failed: %s', err.code || err.name)
      this.timedOut = err.code === TIMEOUT
      this.next(err)
      return
    }
    this.start(err || !data ? undefined : data, false)
  }

  /** Makes `req.session`, of what the store had or anew, and hands over to the app. */
  start (found, loaded) {
    try {
      if (found === undefined) {
        this.generate()
      } else if (loaded) {
        this.revive(found)
      } else {
        this.inflate(found)
      }
    } catch (err) {
      this.next(err)
      return
    }

    this.next()
  }

  generate () {
    const { req } = this

    debug('generating session')
    this.store.generate(req)
    this.originalId = req.sessionID
    this.originalState = stateOf(req.session)
    adopt(req.session, this)
  }

  /** A session as a store's get gave it. */
  inflate (data) {
    debug('session found')
    this.hasRead(this.req.sessionID, data)
    this.store.createSession(this.req, data)
    this.cameWith(data)
  }

  /** A session as the engine gave it: the text of its data, and the template of its cookie. */
  revive (loaded) {
    this.knowsLife(loaded.sid, loaded.life)
    this.place = loaded.place
    if (loaded.template === undefined) {
      this.inflate(loaded.data)
    } else {
      debug('session found')
      lane.revive(this.req, loaded)
      this.cameWith(loaded.data)
    }
  }

  cameWith (data) {
    this.originalId = this.req.sessionID
    this.originalState = stateOf(data)
    if (!this.middleware.resave) this.savedState = this.originalState
    adopt(this.req.session, this)
  }

  /** What `session.save` does, for the app or for the end of the request. */
  save (session, callback) {
    debug.session('saving %s', session.id)
    try {
      this.noteSaved(session)
    } catch (err) {
      if (!callback) throw err
      defer(callback, err)
      return
    }

    const done = callback || noop
    if (lane.save(this, session, done)) return

    this.saving = session
    this.req.sessionStore.set(session.id, session, (...args) => {
      if (this.saving === session) this.saving = undefined
      done(...args)
    })
  }

  /**
   * Remembers what is being saved; at the end of a request that has just been looked at.
   *
   * @throws when it has no text: no store gets to see that
   */
  noteSaved (session) {
    if (this.task !== SAVE || this.endState === undefined) this.savedState = stateOf(session)
  }

  /** Until the store has answered: the native store's `set` asks whether a request or the app calls it. */
  isSaving (session) {
    return this.saving === session
  }

  /** What a store's get gave for this request: the native store's says which life of the id it is. */
  hasRead (sid, data) {
    if (lives.has(data)) this.knowsLife(sid, lives.get(data))
  }

  /** Remembers what this request has read or written: what is destroyed since must not come back. */
  knowsLife (sid, life) {
    if (this.lifeId === undefined || this.lifeId === sid) {
      this.lifeId = sid
      this.life = life
    } else {
      if (this.otherLives === undefined) this.otherLives = new Map()
      this.otherLives.set(sid, life)
    }
  }

  /** The life of a session that this request knows; -1 for one that it has made and not written yet. */
  lifeOf (session) {
    if (session.id === this.lifeId) return this.life
    const life = this.otherLives && this.otherLives.get(session.id)
    return life === undefined ? -1 : life
  }

  /** Where the native store has seen the session with that id; -1 when it has not. */
  placeOf (sid) {
    return sid === this.lifeId ? this.place : -1
  }

  hook () {
    const { res } = this

    this.originalWrite = res.write
    this.originalEnd = res.end
    this.writeHead = hookHeaders(res, this)
    res.end = (chunk, encoding, callback) => this.end(chunk, encoding, callback)
  }

  /** The last moment for a cookie. */
  beforeHeaders () {
    if (this.headersDone) return
    this.headersDone = true
    // Who has wrapped it since may have changed the session just now.
    if (this.res.writeHead !== this.writeHead) this.endState = undefined

    try {
      this.setCookie()
    } catch (err) {
      this.fail(err)
    }
  }

  setCookie () {
    const { req, res, middleware } = this
    const { session, sessionID: sid } = req

    if (!session) {
      debug('no session')
      return
    }

    if (!this.shouldSetCookie(session, sid)) return

    if (session.cookie.secure && !isSecure(req, middleware.trustProxy)) {
      debug('not secured')
      middleware.warnOfWithheldCookie(req)
      return
    }

    this.touch(session)
    const sealed = sid === this.cookieId ? this.sealedId : undefined
    appendSetCookie(res, cookieText(middleware.name, this.keyring, sid, session.cookie.data, sealed))
  }

  /** `res.end`: decides once what becomes of the session, and sends the response when it has. */
  end (chunk, encoding, callback) {
    const { res } = this

    if (typeof chunk === 'function') {
      callback = chunk
      chunk = encoding = undefined
    } else if (typeof encoding === 'function') {
      callback = encoding
      encoding = undefined
    }

    if (this.ended) return this.endAgain(callback)
    // Node throws at it, before anything has happened.
    if (!isBody(chunk)) return this.originalEnd.call(res, chunk, encoding)

    this.ended = true
    onFinish(res, callback)

    const task = this.decide()
    if (task === NOTHING || this.commitAtOnce(task)) {
      this.endNow(chunk, encoding)
      return res
    }

    this.held = true
    this.task = task
    askStore(this.middleware.storeTimeout, this, this.commit, this.committed)

    // A store may change the session that it saves or touches.
    this.endState = undefined
    if (this.held) this.hold(chunk, encoding)
    else this.endNow(chunk, encoding)
    return res
  }

  /** Sends all but the very end, which waits for the store. */
  hold (chunk, encoding) {
    const { res, originalWrite, originalEnd } = this

    try {
      this.sendEnd = holdEnd(res, originalWrite, originalEnd, chunk, encoding)
    } catch (err) {
      // Of `writeHead`, which others have wrapped: an app that goes on must not wait for ever.
      this.sendEnd = () => originalEnd.call(res, chunk, encoding)
      throw err
    }
  }

  endNow (chunk, encoding) {
    const { res } = this

    if (writesOwnHeaders(res)) this.beforeHeaders()
    this.originalEnd.call(res, chunk, encoding)
  }

  /** Node would make a second body an 'error' event, which ends a process that does not listen to it. */
  endAgain (callback) {
    const { res } = this

    if (callback && this.held) {
      onFinish(res, callback)
    } else if (callback) {
      this.originalEnd.call(res, undefined, undefined, callback)
    }
    return res
  }

  decide () {
    const { req, store, middleware } = this
    const { session, sessionID: sid } = req

    // Not when the store has only not answered in time.
    if (sid && middleware.unsetDestroy && session == null && !this.timedOut) return DESTROY

    if (!session) {
      debug('no session')
      return NOTHING
    }

    try {
      this.touch(session)

      // Without an id there is nothing to save it under.
      if (typeof sid !== 'string') {
        debug('session ignored because of bogus req.sessionID of type %s', typeof sid)
        return NOTHING
      }

      if (this.shouldSave(session, sid)) return SAVE
      return this.cookieId === sid && typeof store.touch === 'function' ? TOUCH : NOTHING
    } catch (err) {
      this.fail(err)
      return NOTHING
    }
  }

  /** The lane of the native store: done when this returns true, in one synchronous call. */
  commitAtOnce (task) {
    try {
      return lane.commit(this, task)
    } catch (err) {
      this.report(err)
      return true
    }
  }

  /** The ordinary way: the store's own methods, looked up now. */
  commit (callback) {
    const { req, store, task } = this
    const { session, sessionID: sid } = req

    try {
      if (task === DESTROY) {
        debug('destroying')
        store.destroy(sid, callback)
      } else if (task === SAVE) {
        session.save(callback)
      } else {
        debug('touching')
        store.touch(sid, session, callback)
      }
    } finally {
      this.task = NOTHING // what is asked from now on, the app asks
    }
  }

  committed (err) {
    if (err) this.report(err)
    this.held = false
    const { sendEnd } = this
    this.sendEnd = undefined // it holds the body, and whoever keeps the session keeps this
    if (sendEnd === undefined) return
    try {
      sendEnd()
    } catch (err) {
      this.report(err) // Node's, of a body with another length than it should have: not the store's to catch
    }
  }

  touch (session) {
    if (this.touched) return
    session.touch()
    this.touched = true
  }

  shouldSetCookie (session, sid) {
    const { middleware } = this

    if (typeof sid !== 'string') return false
    if (this.cookieId !== sid) return middleware.saveUninitialized || this.isModified(session)
    return middleware.rolling || (session.cookie.expires != null && this.isModified(session))
  }

  shouldSave (session, sid) {
    const uninitialized = !this.middleware.saveUninitialized && this.savedState === undefined && this.cookieId !== sid
    return uninitialized ? this.isModified(session) : !this.isSaved(session)
  }

  isModified (session) {
    return this.originalId !== session.id || !sameState(this.originalState, this.state(session))
  }

  isSaved (session) {
    return this.originalId === session.id && this.savedState !== undefined && sameState(this.savedState, this.state(session))
  }

  /** The session's data; looked at once when the request has ended. */
  state (session) {
    if (!this.ended) return stateOf(session)
    if (this.endState === undefined) this.endState = stateOf(session)
    return this.endState
  }

  /** Whoever prints a request must not see sessions. */
  [inspect.custom] () {
    return 'RequestContext {}'
  }

  /** A session that has no text, or a cookie none: what the headers say of it, the end need not repeat. */
  fail (err) {
    if (!this.failed) this.report(err)
    this.failed = true
  }

  /** The response has begun: an error can only be passed on, on a later tick. */
  report (err) {
    defer(this.next, err)
  }
}

function noop () {}

module.exports = RequestContext
