'use strict'

const { inspect } = require('util')
const { attach, contextOf, newestContext } = require('../session/link')
const Session = require('../session/session')
const { snapshotOf, snapshotOfText } = require('../session/snapshot')
const { cookieText, appendSetCookie } = require('../cookie/set-cookie')
const { markPrivate } = require('../http/cache-control')
const { settleShapes } = require('../http/express-shapes')
const { atFinish, hookHeaders, holdEnd, isBody, isMock, writesOwnHeaders } = require('../http/response')
const { isSecure } = require('../http/secure')
const { DROPPED_CODE } = require('../stores/dropped')
const { PENDING, RANK } = require('../stores/engine')
const { handDown, revisionOf, takeBack } = require('../stores/handover')
const { isOurs, isReference } = require('../stores/store-engine')
const { asError, codeOf, failure } = require('../util/as-error')
const { ask } = require('../util/ask')
const { now } = require('../util/clock')
const debug = require('../util/debug')
const defer = require('../util/defer')
const { typeName } = require('../util/type-name')
const { askStore } = require('./ask-store')
const { attributesOf, clearCookie } = require('./clear-cookie')
const { isEmpty, warnOfEmptySession } = require('./empty-session')
const fastPath = require('./fast-path')
const { HeldHeaders } = require('./hold-headers')
const { readParsedCookies } = require('./parsed-cookies')
const {
  DESTROY, IF_MODIFIED, isModified, isSaved, NOTHING, SAVE, savesOnlyIfModified, setCookieRule, TOUCH
} = require('./policy')
const { trackSaves } = require('./track-saves')

/*
 * One request on its way through one middleware, in the order in which things happen:
 *
 *   open ─────────── verify the client's cookie, hook the response
 *     │ the engine has the session at once
 *     ├─ or: fetch ── store.get ── fetched
 *   start ────────── make req.session, call next()
 *     │ the app runs, and may call session.save, reload, regenerate, destroy
 *   beforeHeaders ── touch, add Set-Cookie
 *   end ──────────── decide: destroy, save, touch or nothing; ask the store; send the response
 *     └─ or: hold ── the last byte waits for a store that answers later ── committed
 */

/** Where a request stands. */
const RUNNING = 0
const ENDING = 1 // res.end was called
const ENDED = 2 // the store has answered

class RequestContext {
  /**
   * @param {import('./options').Config} config
   * @param {any} req
   * @param {any} res
   * @param {(err?: any) => void} next
   * @param {any} cookieOptions
   * @param {import('../cookie/plain-keyring').Keyring} keyring
   */
  constructor (config, req, res, next, cookieOptions, keyring) {
    this.config = config
    this.store = config.store
    this.req = req
    this.res = res
    this.next = next
    this.cookieOptions = cookieOptions
    this.keyring = keyring
    /** @type {RequestContext|undefined} */
    this.outer = undefined // the context of another middleware on the same request
    this.phase = RUNNING

    this.cookieId = undefined // the id that the client's cookie names
    this.sealedId = undefined // the signed value of that cookie, if signing the id again would give the same value

    this.found = false // the store had the session of that id

    /** @type {import('./touch-after').Stored|undefined} */
    this.stored = undefined // what the store has of the cookie, with touchAfter

    /** @type {any} */
    this.clientCookie = undefined // the attributes of that session's cookie, as it came, with clearCookie

    this.originalId = undefined // the session as it came: its id,
    /** @type {any} */
    this.original = undefined // and its snapshot
    /** @type {any} */
    this.saved = undefined // the snapshot that was saved last
    /** @type {any} */
    this.atEnd = undefined // the snapshot at the end of the request

    this.knownId = undefined // the session whose revision this request knows,
    this.revision = undefined // that revision,
    this.hint = undefined // and where the engine has seen it
    this.otherRevisions = undefined // the same for sessions that the app regenerated

    this.hasStarted = false // this request has had a session
    this.touched = false
    this.headersDone = false
    this.failed = false
    this.sendEnd = undefined // sends what is held

    /** @type {HeldHeaders|undefined} */
    this.held = undefined // with hold: 'headers'
    this.originalWrite = undefined
    this.originalEnd = undefined
    this.writeHead = undefined // what `res.writeHead` has become
  }

  /* open: the client's cookie */

  open () {
    const { req, res, store, keyring } = this

    settleShapes(req, res)
    attach(req, this)
    req.sessionStore = store

    let opened
    try {
      const header = req.headers.cookie
      if (header) {
        const engine = fastPath.engineForReads(store)
        opened = engine === undefined ? keyring.open(header) : engine.load(keyring, header, now())
        if (opened !== undefined && engine === undefined) opened.found = PENDING
      }
      if (opened !== undefined && opened.sid) {
        this.cookieId = opened.sid
        this.sealedId = opened.sealed
      } else {
        this.cookieId = readParsedCookies(req, this.config.name, keyring, opened && opened.sid)
        opened = undefined
      }
      if (this.cookieId && isReference(store, this.cookieId)) this.cookieId = undefined
    } catch (err) {
      this.next(asError(err))
      return
    }

    req.sessionID = this.cookieId
    this.hook()

    const { cookieId } = this
    if (!cookieId) {
      debug('no SID sent, generating session')
      this.start(undefined)
    } else if (opened === undefined || opened.found === PENDING) {
      this.fetch()
    } else if (opened.found !== undefined && opened.found.error !== undefined) {
      this.next(asError(opened.found.error))
    } else {
      this.start(opened.found)
    }
  }

  hook () {
    const { res } = this

    this.originalWrite = res.write
    this.originalEnd = res.end
    this.writeHead = hookHeaders(res, this)
    const end = (/** @type {any} */ chunk, /** @type {any} */ encoding, /** @type {any} */ callback) => this.end(chunk, encoding, callback)
    res.end = end
    if (this.config.holdsHeaders) {
      this.held = new HeldHeaders(this)
      this.writeHead = res.writeHead
    }
  }

  /* fetch: the ordinary way to a session */

  fetch () {
    debug.session('fetching %s', this.cookieId)
    askStore(this.config.storeTimeout, this, this.get, this.fetched)
  }

  /** @param {(err?: any, data?: any) => void} callback */
  get (callback) {
    return this.store.get(this.cookieId, callback)
  }

  /**
   * @param {any} err
   * @param {any} data
   */
  fetched (err, data) {
    const code = err && codeOf(err)
    if (err && code !== 'ENOENT') {
      debug('store failed: %s', typeof code === 'string' || typeof code === 'number' ? code : typeName(err))
      this.next(asError(err))
      return
    }
    this.start(undefined, err ? undefined : data)
  }

  /* start: req.session */

  /**
   * @param {import('../stores/loaded').Loaded} [loaded] what the engine gave,
   * @param {any} [data] or the store's get. Neither: there is no such session
   */
  start (loaded, data) {
    try {
      if (loaded !== undefined && loaded.cookie !== undefined) this.revive(loaded)
      else if (loaded !== undefined && loaded.data) this.inflate(loaded.data, loaded.revision)
      else if (data) this.inflate(data, revisionOf(data))
      else {
        if (this.cookieId) debug('no session found')
        this.generate()
      }
    } catch (err) {
      this.next(asError(err))
      return
    }

    this.next()
  }

  generate () {
    const { req } = this

    debug('generating session')
    this.store.generate(req)
    this.came(req.session)
  }

  /**
   * Makes a session of what the engine loaded in parts.
   *
   * @param {import('../stores/loaded').Loaded} loaded
   */
  revive (loaded) {
    debug('session found')
    this.learnRevision(this.cookieId, loaded.revision)
    this.hint = loaded.hint
    this.req.session = Session.revive(this.req, loaded.cookie, loaded.data)
    this.cameWith(loaded.data, loaded.text)
  }

  /**
   * Makes a session of what was stored as a whole.
   *
   * @param {any} data
   * @param {any} revision
   */
  inflate (data, revision) {
    debug('session found')
    if (revision !== undefined) this.learnRevision(this.req.sessionID, revision)
    try {
      this.store.createSession(this.req, data)
    } catch (err) {
      if (!isEmpty(data)) throw err
      warnOfEmptySession(this.store, data)
      this.generate()
      return
    }
    this.cameWith(data)
  }

  /**
   * @param {any} data
   * @param {string} [text]
   */
  cameWith (data, text) {
    this.found = true
    this.loaded()
    this.came(data, text)
    if (!this.config.resave) this.saved = this.original
  }

  /**
   * @param {any} data
   * @param {string} [text]
   */
  came (data, text) {
    this.hasStarted = true
    this.originalId = this.req.sessionID
    this.original = snapshotOfText(data, text)
    if (this.config.clearCookie) this.clientCookie = attributesOf(this.req.session.cookie)
    trackSaves(this.req.session, this)
  }

  /** `req.session` is new from the store. */
  loaded () {
    const { touchAfter } = this.config
    if (touchAfter !== undefined) touchAfter.loaded(this)
  }

  /** `session.reload` has also made `req.session` from the store, and its saves have to be tracked again. */
  reloaded () {
    this.loaded()
    trackSaves(this.req.session, this)
  }

  /* The app: what it does to the session */

  /**
   * What `session.save` does.
   *
   * @param {any} session
   * @param {(err?: any) => void} [callback]
   */
  save (session, callback) {
    let done = callback || noop
    try {
      [session, done] = this.saving(session, done)
    } catch (err) {
      if (!callback) throw err
      defer(callback, failure(err))
      return
    }

    if (!fastPath.save(this, session, done)) ask(done, done => this.saveThroughStore(session, done))
  }

  get isRunning () {
    return this.phase === RUNNING
  }

  /**
   * What a store gets of a session.
   *
   * @param {any} session
   */
  toStore (session) {
    const { touchAfter } = this.config
    return touchAfter === undefined ? session : touchAfter.toStore(session)
  }

  /**
   * @param {any} session
   * @param {(err?: any) => void} callback
   */
  saveThroughStore (session, callback) {
    return this.req.sessionStore.set(session.id, session, this.handedDown(session, callback))
  }

  /**
   * What a save stores, and whom it tells.
   *
   * @param {any} session
   * @param {(err?: any) => void} done
   * @throws as `noteSaved` does
   * @return {[any, (err?: any) => void]}
   */
  saving (session, done) {
    debug.session('saving %s', session.id)
    this.noteSaved(session)
    const { touchAfter } = this.config
    return touchAfter === undefined ? [session, done] : touchAfter.saving(this, session, done)
  }

  /**
   * Remembers what is being saved. The end of the request has just taken the snapshot itself.
   *
   * @param {any} session
   * @throws when the session has no JSON text: no store gets to see it
   */
  noteSaved (session) {
    if (this.phase !== ENDING || this.atEnd === undefined) this.saved = snapshotOf(session, this.original)
  }

  /**
   * Learns the revision of what a store's get gave.
   *
   * @param {string} sid
   * @param {any} data
   */
  hasRead (sid, data) {
    const revision = revisionOf(data)
    if (revision !== undefined) this.learnRevision(sid, revision)
  }

  /**
   * Remembers which session this request has read or written. Once that is destroyed, it must not come back.
   *
   * @param {string} sid
   * @param {any} revision
   */
  learnRevision (sid, revision) {
    if (this.knownId === undefined || this.knownId === sid) {
      this.knownId = sid
      this.revision = revision
    } else {
      if (this.otherRevisions === undefined) this.otherRevisions = new Map()
      this.otherRevisions.set(sid, revision)
    }
  }

  /**
   * What this request knows of a session that it saves.
   *
   * @param {any} session
   * @return {import('../stores/handover').Knowledge}
   */
  knowledgeOf (session) {
    // Another middleware on this store may have made the session.
    const maker = contextOf(session)
    const owner = maker !== undefined && maker.store === this.store ? maker : this
    const { id } = session
    const rank = owner.rankOf(session)
    if (id === owner.knownId) return { revision: owner.revision, hint: owner.hint, rank }
    return { revision: owner.otherRevisions && owner.otherRevisions.get(id), hint: undefined, rank }
  }

  /**
   * A session that takes the place of one that the store had is a login, if it holds any data.
   *
   * @param {any} session
   */
  rankOf (session) {
    if (!this.found) return RANK.NEW
    if (session.id === this.originalId) return RANK.RETURNED
    return hasData(session) ? RANK.SIGNED_IN : RANK.NEW
  }

  /**
   * Tells this package's store what this request knows; see stores/handover.js.
   *
   * @param {any} session
   */
  handDown (session) {
    if (this.req.sessionStore !== this.store || !isOurs(this.store)) return undefined
    const known = this.knowledgeOf(session)
    handDown(session, known)
    return known
  }

  /**
   * `handDown`, until the store calls the function that is returned.
   *
   * @param {any} session
   * @param {(err?: any) => void} callback
   * @return {(err?: any) => void}
   */
  handedDown (session, callback) {
    const known = this.handDown(session)
    if (known === undefined) return callback
    return (/** @type {any[]} */ ...args) => {
      this.takeBack(session, known)
      callback(...args)
    }
  }

  /**
   * @param {any} session
   * @param {import('../stores/handover').Knowledge|undefined} known
   */
  takeBack (session, known) {
    if (known === undefined) return
    takeBack(session, known)
    if (known.revision !== undefined) this.learnRevision(session.id, known.revision)
  }

  /* beforeHeaders: the last moment for a cookie */

  beforeHeaders () {
    if (this.headersDone) return
    this.headersDone = true
    // A later writeHead wrapper may have changed the session.
    if (this.res.writeHead !== this.writeHead) this.atEnd = undefined

    try {
      this.setCookie()
    } catch (err) {
      this.fail(err)
    }
  }

  setCookie () {
    const { req, config } = this
    const { session, sessionID: sid } = req

    if (!session) {
      debug('no session')
      if (config.clearCookie) clearCookie(this)
      return
    }

    if (typeof sid !== 'string' || !this.setsCookie(session, sid) || this.isWithheld(session.cookie)) return

    this.touch(session)
    const sealed = sid === this.cookieId ? this.sealedId : undefined
    this.appendCookie(cookieText(config.name, this.keyring, sid, session.cookie.data, sealed))
  }

  /**
   * Whether a cookie is not set because it is secure and the request is not.
   *
   * @param {any} cookie
   */
  isWithheld ({ secure }) {
    const { req, config } = this
    if (!secure || isSecure(req, config.trustProxy)) return false
    debug('not secured')
    config.warnOfInsecureCookie(req)
    return true
  }

  /** @param {string} text */
  appendCookie (text) {
    appendSetCookie(this.res, text)
    if (this.config.cacheControl) markPrivate(this.res)
  }

  /**
   * @param {any} session
   * @param {string} sid
   */
  setsCookie (session, sid) {
    const rule = setCookieRule(this.config, this.cookieId === sid, session.cookie.expires != null)
    return rule === IF_MODIFIED ? this.isModified(session) : rule
  }

  /* end: what becomes of the session, and the response */

  /**
   * `res.end`.
   *
   * @param {any} [chunk]
   * @param {any} [encoding]
   * @param {() => void} [callback]
   */
  end (chunk, encoding, callback) {
    const { res } = this

    if (typeof chunk === 'function') {
      callback = chunk
      chunk = encoding = undefined
    } else if (typeof encoding === 'function') {
      callback = encoding
      encoding = undefined
    }

    if (this.phase >= ENDING) return this.endAgain(callback)
    // Node throws at such a chunk, before anything has happened.
    if (!isBody(chunk)) return this.originalEnd.call(res, chunk, encoding)

    const { held } = this
    if (held !== undefined && held.end(chunk, encoding, callback)) return res

    this.phase = ENDING
    if (callback) this.originalEnd = atFinish(res, this.originalEnd, callback)

    const task = held === undefined ? this.decide() : held.decide()
    if (task === DESTROY) debug('destroying')
    else if (task === TOUCH) debug('touching')
    if (task === NOTHING || this.commitNow(task)) {
      this.endNow(chunk, encoding)
      return res
    }

    askStore(this.config.storeTimeout, this, done => this.commit(task, done), this.committed)

    this.atEnd = undefined // a store may change the session that it saves or touches
    if (this.phase === ENDED) this.endNow(chunk, encoding)
    else this.hold(chunk, encoding)
    return res
  }

  decide () {
    try {
      return this.task()
    } catch (err) {
      this.fail(err)
      return NOTHING
    }
  }

  /** @throws when the session has no JSON text */
  task () {
    const { req, store, config } = this
    const { session, sessionID: sid } = req

    if (sid && config.unsetDestroy && session == null && this.hasHadSession()) return DESTROY

    if (!session) {
      debug('no session')
      return NOTHING
    }

    this.touch(session)

    // Without an id there is nothing to save it under.
    if (typeof sid !== 'string') {
      debug('session ignored because of bogus req.sessionID (%s)', typeName(sid))
      return NOTHING
    }

    if (this.shouldSave(session, sid)) return SAVE
    return this.cookieId === sid && typeof store.touch === 'function' && this.isTouchDue(session) ? TOUCH : NOTHING
  }

  /**
   * Whether a session that is gone from the request was there. The store may have failed, or not have answered yet; and
   * another middleware on the same request may have changed `req.sessionID` since.
   */
  hasHadSession () {
    return this.hasStarted && newestContext(this.req).hasStarted
  }

  /**
   * @param {any} session
   * @param {string} sid
   */
  shouldSave (session, sid) {
    const onlyIfModified = savesOnlyIfModified(this.config, this.cookieId === sid, this.saved !== undefined)
    return onlyIfModified
      ? this.isModified(session)
      : !isSaved(this.originalId, this.saved, session.id, this.snapshot(session))
  }

  /** @param {any} session */
  isTouchDue (session) {
    const { touchAfter } = this.config
    return touchAfter === undefined || touchAfter.isDue(this, session)
  }

  /** @param {any} session */
  isModified (session) {
    return isModified(this.originalId, this.original, session.id, this.snapshot(session))
  }

  /**
   * The session's snapshot, taken once when the request has ended.
   *
   * @param {any} session
   */
  snapshot (session) {
    if (this.phase < ENDING) return snapshotOf(session, this.original)
    if (this.atEnd === undefined) this.atEnd = snapshotOf(session, this.original)
    return this.atEnd
  }

  /** @param {any} session */
  touch (session) {
    if (this.touched) return
    session.touch()
    this.touched = true
  }

  /**
   * Does what was decided with an engine that answers at once. False: the store has to be asked.
   *
   * @param {string} task
   */
  commitNow (task) {
    const engine = fastPath.engineForWrites(this, task)
    if (engine === undefined || engine.capabilities.writes !== 'now') return false
    try {
      fastPath.commit(engine, this, task)
    } catch (err) {
      this.report(err)
    }
    return true
  }

  /**
   * Asks the engine or, the ordinary way, the store. Its methods are looked up now.
   *
   * @param {string} task
   * @param {(err?: any, value?: any) => void} done
   */
  commit (task, done) {
    const engine = fastPath.engineForWrites(this, task)
    if (engine !== undefined) {
      if (fastPath.commit(engine, this, task, done) !== PENDING) done()
      return undefined
    }

    const { req, store, config: { touchAfter } } = this
    const { session, sessionID: sid } = req
    if (task === DESTROY) return store.destroy(sid, done)
    if (task === SAVE) return this.saveAtEnd(session, done)
    return touchAfter === undefined ? store.touch(sid, session, done) : touchAfter.touch(this, done)
  }

  /**
   * `session.save`, which an app or a store may have replaced, for a callback that needs no binding to its async context.
   *
   * @param {any} session
   * @param {(err?: any) => void} done
   */
  saveAtEnd (session, done) {
    if (session.save !== Session.save || contextOf(session) !== this) return session.save(this.handedDown(session, done))
    return this.saveThroughStore(...this.saving(session, done))
  }

  /** @param {any} err */
  committed (err) {
    if (err && codeOf(err) !== DROPPED_CODE) this.report(err)
    this.phase = ENDED
    const { sendEnd } = this
    // It holds the body. A session that is kept in memory keeps this context alive.
    this.sendEnd = undefined
    if (sendEnd === undefined) return
    try {
      sendEnd()
    } catch (err) {
      this.report(err) // Node threw on a body-length mismatch: the store must not catch it
    }
  }

  /**
   * Sends all but the very end, which waits for the store.
   *
   * @param {any} chunk
   * @param {any} encoding
   */
  hold (chunk, encoding) {
    const { res, originalWrite, originalEnd } = this

    if (isMock(res)) this.beforeHeaders()
    try {
      this.sendEnd = holdEnd(res, originalWrite, originalEnd, chunk, encoding)
    } catch (err) {
      // A wrapper of writeHead threw. An app that goes on must not wait for ever.
      const sendEnd = () => originalEnd.call(res, chunk, encoding)
      this.sendEnd = sendEnd
      throw err
    }
  }

  /**
   * @param {any} chunk
   * @param {any} encoding
   */
  endNow (chunk, encoding) {
    const { res } = this

    this.phase = ENDED
    if (writesOwnHeaders(res)) this.beforeHeaders()
    this.originalEnd.call(res, chunk, encoding)
  }

  /**
   * A second call. Node would make a second body an 'error' event, which ends a process that does not listen to it.
   *
   * @param {() => void} [callback]
   */
  endAgain (callback) {
    const { res } = this

    if (callback && this.phase !== ENDED) {
      res.once('finish', callback)
    } else if (callback) {
      this.originalEnd.call(res, undefined, undefined, callback)
    }
    return res
  }

  /* Errors */

  /**
   * The session or its cookie cannot be written. What the headers have said of it, the end need not repeat.
   *
   * @param {any} err
   */
  fail (err) {
    if (!this.failed) this.report(err)
    this.failed = true
  }

  /**
   * The response has begun: an error can only be passed on, on a later tick.
   *
   * @param {any} err
   */
  report (err) {
    defer(this.next, asError(err))
  }

  /** An app that prints a request must not print sessions. */
  [inspect.custom] () {
    return 'RequestContext {}'
  }
}

function noop () {}

/**
 * Whether a session has anything but its cookie.
 *
 * @param {any} session
 */
function hasData (session) {
  for (const key in session) {
    if (key !== 'cookie' && Object.prototype.hasOwnProperty.call(session, key)) return true
  }
  return false
}

module.exports = RequestContext
