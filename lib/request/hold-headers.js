'use strict'

const { isBody, isMock } = require('../http/response')
const { snapshotOf, sameSnapshot } = require('../session/snapshot')
const { DROPPED_CODE } = require('../stores/dropped')
const { asError, codeOf } = require('../util/as-error')
const defer = require('../util/defer')
const { askStore } = require('./ask-store')
const { DESTROY, NOTHING, SAVE, TOUCH } = require('./policy')

/**
 * The hold option: what waits for the store, the end of a response or its headers.
 *
 * @param {any} hold
 * @throws {TypeError}
 * @return {boolean} whether the headers do
 */
function holdOption (hold) {
  if (hold === undefined || hold === 'end') return false
  if (hold === 'headers') return true
  throw new TypeError('hold option must be "end" or "headers"')
}

/** Where the headers stand. */
const OPEN = 0 // nothing was sent
const WAITING = 1 // something was, and the store is asked
const SENT = 2 // the store has answered
const FAILING = 3 // the store has failed: what the app still sends belongs to an answer that is given up
const FAILED = 4 // the error handlers answer

/** @typedef {{task: string, sid: any, snapshot: unknown[]|undefined}} Step something to be done by the store */

/** Headers that describe the answer that was given up, and not the one to the error. */
const OF_THE_ANSWER = [
  'Accept-Ranges', 'Content-Disposition', 'Content-Encoding', 'Content-Language', 'Content-Length', 'Content-Location', 'Content-Range',
  'Content-Type', 'ETag', 'Expires', 'Last-Modified', 'Location', 'Trailer', 'Transfer-Encoding'
]

/** What Node refuses once the headers are sent. */
const SETTERS = ['setHeader', 'setHeaders', 'appendHeader', 'removeHeader']

/**
 * A response whose headers wait for the store. What the app sends meanwhile is kept, in order. When the store has
 * failed, nothing was sent, and the error goes to `next`.
 *
 * To the app, the response has begun with its first byte or head, as it always has: `headersSent` is true, and headers are
 * refused. So nothing that an error handler sets can get into an answer that is on its way.
 */
class HeldHeaders {
  /** @param {import('./context')} context whose `end` and `writeHead` are in place */
  constructor (context) {
    const { res } = context
    this.context = context
    this.state = OPEN
    /** @type {(() => void)[]} */
    this.kept = []
    /** @type {((err: any) => void)[]} */
    this.callbacks = [] // of the writes that are kept
    /** @type {Set<any>} */
    this.sources = new Set() // what is piped into the response
    this.hasHead = false
    this.isEnded = false
    this.isFull = false // somebody waits for 'drain'
    this.hasLeft = false // the client
    /** @type {any} */
    this.failure = undefined // of the store
    /** @type {{statusCode: any, statusMessage: any}|undefined} */
    this.status = undefined // at the first byte
    /** @type {Step|undefined} */
    this.done = undefined // what the store has done
    this.before = propertiesOf(res)

    /** Node's HTTP/1 sends the head with the first byte, its HTTP/2 at once. */
    this.sendsHead = res._implicitHeader === undefined
    this.hook()
    if (!isMock(res)) this.refuseHeaders()
    if (typeof res.once === 'function') {
      res.once('close', () => {
        this.hasLeft = true
        defer(() => this.left()) // the app's listeners may end the response first
      })
    }
    if (typeof res.on === 'function') {
      res.on('pipe', (/** @type {any} */ source) => this.sources.add(source))
      res.on('unpipe', (/** @type {any} */ source) => this.sources.delete(source))
    }
  }

  /** Puts this between the app and the response. Whoever has wrapped it for an answer that is given up reaches nothing. */
  hook () {
    const { context } = this
    const { res } = context
    const { writeHead, write, end, flushHeaders } = this.before
    const isGivenUp = this.failure === undefined ? () => this.failure !== undefined : () => false

    res.writeHead = (/** @type {any[]} */ ...args) => {
      if (isGivenUp()) return res
      if (this.sendsHead) this.begin()
      return this.keeps() ? this.keepHead(writeHead, args) : writeHead.apply(res, args)
    }
    if (typeof write === 'function') {
      res.write = (/** @type {any[]} */ ...args) => {
        if (args[0] == null || !isBody(args[0])) return write.apply(res, args) // Node throws
        if (isGivenUp()) return this.dropWrite(args)
        this.begin()
        if (this.keeps()) return this.keepWrite(write, args)
        return this.isOver ? this.dropWrite(args) : write.apply(res, args)
      }
    }
    res.end = (/** @type {any[]} */ ...args) => isGivenUp() ? res : end.apply(res, args)
    if (typeof flushHeaders === 'function') {
      res.flushHeaders = () => {
        if (isGivenUp()) return
        this.begin()
        if (this.keeps()) this.kept.push(() => flushHeaders.call(res))
        else flushHeaders.call(res)
      }
    }
  }

  /** Has `headersSent` and the setters say that the response has begun. */
  refuseHeaders () {
    const { res } = this.context
    const own = Object.getOwnPropertyDescriptor(res, 'headersSent') // of another session that holds it
    Object.defineProperty(res, 'headersSent', {
      configurable: true,
      get: () => this.hasBegun || (own === undefined ? Reflect.get(Object.getPrototypeOf(res), 'headersSent', res) : own.get ? own.get.call(res) : own.value)
    })
    for (const name of SETTERS) {
      const setter = res[name]
      if (typeof setter !== 'function') continue
      res[name] = (/** @type {any[]} */ ...args) => {
        if (this.hasBegun) throw sentError(res, name === 'removeHeader' ? 'remove' : 'set')
        return setter.apply(res, args)
      }
    }
  }

  /** Whether what the app sends now is not sent. */
  keeps () {
    return this.state !== SENT && this.state !== FAILED
  }

  /** Whether the app has sent something that waits. */
  get hasBegun () {
    return this.keeps() && (this.hasHead || this.state !== OPEN)
  }

  /** Whether the error was answered: the app may not know, and Node would make another write an 'error' event. */
  get isOver () {
    return this.state === FAILED && this.context.res.writableEnded === true
  }

  /** The first byte: asks the store. */
  begin () {
    if (this.state !== OPEN) return
    const { context } = this
    if (!context.hasStarted) {
      this.send() // there was an error on the way in
      return
    }

    this.status = statusOf(context.res)
    this.state = WAITING
    let step
    try {
      step = this.stepOf(context.task())
    } catch (err) {
      this.fail(err)
      return
    }
    this.ask(step, err => err ? this.fail(err) : this.send())
  }

  /**
   * @param {string} task
   * @return {Step}
   */
  stepOf (task) {
    const { session, sessionID: sid } = this.context.req
    return { task, sid, snapshot: task === SAVE ? snapshotOf(session) : undefined }
  }

  /**
   * @param {Step} step
   * @param {(err?: any) => void} callback
   */
  ask (step, callback) {
    const { context } = this
    if (step.task === NOTHING) {
      callback()
      return
    }
    askStore(context.config.storeTimeout, this, done => context.commit(step.task, done), err => {
      if (err && codeOf(err) !== DROPPED_CODE) return callback(asError(err))
      this.done = step
      callback()
    })
  }

  send () {
    const { context, kept, isFull, status } = this
    this.state = SENT
    this.kept = []
    this.callbacks = []
    try {
      if (status !== undefined) setStatus(context.res, status)
      for (const send of kept) send()
    } catch (err) {
      context.report(err) // Node threw; the store must not catch it
    }
    if (isFull && !this.isFull && !this.isEnded) defer(() => context.res.emit('drain'))
    if (this.hasLeft) defer(() => this.left())
  }

  /** @param {any} err */
  fail (err) {
    const { context } = this
    const { res } = context
    this.state = FAILING
    this.failure = err
    context.headersDone = true // a session that is not stored needs no cookie
    defer(() => {
      const { callbacks, sources } = this
      this.state = FAILED
      this.kept = []
      this.callbacks = []
      this.hasHead = this.isEnded = false
      restore(res, this.before)
      this.hook()
      forgetAnswer(res)
      for (const source of sources) source.unpipe(res)
      for (const callback of callbacks) defer(callback, err)
      context.next(err)
    })
  }

  /**
   * @param {Function} write
   * @param {any[]} args
   */
  keepWrite (write, args) {
    const { res } = this.context
    this.isFull = true
    if (this.isEnded) return this.dropWrite(args)
    this.kept.push(() => { this.isFull = !write.apply(res, args) })
    const callback = callbackOf(args)
    if (callback !== undefined) this.callbacks.push(callback)
    return false
  }

  /**
   * A write that comes too late: nobody must wait for its callback.
   *
   * @param {any[]} args
   */
  dropWrite (args) {
    const callback = callbackOf(args)
    if (callback !== undefined) defer(callback, this.failure || writeAfterEndError())
    return false
  }

  /**
   * @param {Function} writeHead
   * @param {any[]} args
   */
  keepHead (writeHead, args) {
    const { res } = this.context
    if (this.hasHead && args.length > 1) throw sentError(res, 'write')
    // Wrappers such as compression's call it once more, for the listeners of others.
    if (!this.hasHead) this.kept.push(() => writeHead.apply(res, args))
    this.hasHead = true
    return res
  }

  /**
   * `res.end`: true when it waits.
   *
   * @param {any} chunk
   * @param {any} encoding
   * @param {(() => void)} [callback]
   */
  end (chunk, encoding, callback) {
    const { context } = this
    this.begin()
    if (!this.keeps()) return false
    this.kept.push(this.isEnded ? () => context.endAgain(callback) : () => context.end(chunk, encoding, callback))
    this.isEnded = true
    return true
  }

  /** What is left to do when the response ends. */
  decide () {
    if (this.state === FAILED) return NOTHING
    return this.without(this.context.decide())
  }

  /**
   * A task without what the store has done.
   *
   * @param {string} task
   */
  without (task) {
    const { context, done } = this
    const { session, sessionID: sid } = context.req
    if (done === undefined || done.sid !== sid) return task
    if (task === done.task && task !== SAVE) return NOTHING
    if (done.snapshot === undefined || task === DESTROY) return task
    return task === TOUCH || sameSnapshot(done.snapshot, context.snapshot(session)) ? NOTHING : task
  }

  /** The client has left. The app may never end the response, or may do so later. */
  left () {
    const { context } = this
    if (this.state !== SENT || !context.hasStarted || !context.isRunning) return
    try {
      this.ask(this.stepOf(this.without(context.task())), err => { if (err) context.report(err) })
    } catch (err) {
      context.report(err)
    }
  }
}

/**
 * Takes back what the app has said of the answer that was given up.
 *
 * @param {any} res
 */
function forgetAnswer (res) {
  if (res.headersSent || typeof res.removeHeader !== 'function') return
  for (const name of OF_THE_ANSWER) res.removeHeader(name)
  // How long the answer may be cached says nothing of the error; that nothing may, does.
  if (!/\b(no-store|private)\b/i.test(String(res.getHeader('Cache-Control')))) res.removeHeader('Cache-Control')
  setStatus(res, { statusCode: 500, statusMessage: undefined })
}

/** @param {any} res */
function statusOf (res) {
  // HTTP/2 has no messages, and warns of who reads one.
  return { statusCode: res.statusCode, statusMessage: res._implicitHeader === undefined ? undefined : res.statusMessage }
}

/**
 * @param {any} res
 * @param {{statusCode: any, statusMessage: any}} status
 */
function setStatus (res, { statusCode, statusMessage }) {
  if (res.statusCode !== statusCode) res.statusCode = statusCode
  if (res._implicitHeader !== undefined && res.statusMessage !== statusMessage) res.statusMessage = statusMessage
}

/** The methods that a wrapper of responses replaces; compression replaces `on` too. */
const WRAPPED = /** @type {const} */ (['writeHead', 'write', 'end', 'flushHeaders', 'on'])

/**
 * @param {any} res
 * @return {any} its methods, and under `own` those that are not of its prototype
 */
function propertiesOf (res) {
  const properties = /** @type {any} */ ({ own: WRAPPED.filter(name => Object.hasOwn(res, name)) })
  for (const name of WRAPPED) properties[name] = res[name]
  return properties
}

/**
 * Takes back what was replaced since.
 *
 * @param {any} res
 * @param {any} properties
 */
function restore (res, properties) {
  for (const name of WRAPPED) {
    if (properties.own.includes(name)) res[name] = properties[name]
    else delete res[name]
  }
}

/** @param {any[]} args of a write */
function callbackOf (args) {
  return args.find(arg => typeof arg === 'function')
}

/**
 * What Node throws.
 *
 * @param {any} res
 * @param {string} what the app does with headers
 */
function sentError (res, what) {
  const code = res._implicitHeader === undefined ? 'ERR_HTTP2_HEADERS_SENT' : 'ERR_HTTP_HEADERS_SENT'
  return Object.assign(new Error(`Cannot ${what} headers after they are sent to the client`), { code })
}

function writeAfterEndError () {
  return Object.assign(new Error('write after end'), { code: 'ERR_STREAM_WRITE_AFTER_END' })
}

module.exports = { HeldHeaders, holdOption }
