'use strict'

const { refuseHeaders, sentError } = require('../http/refuse-headers')
const { isBody, isMock } = require('../http/response')
const { forgetAnswer, methodsOf, restoreMethods, setStatus, statusOf } = require('../http/withdraw')
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

/** @typedef {{task: string, sid: any, snapshot: import('../session/snapshot').Snapshot|undefined}} Step something to be done by the store */

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
    this.before = methodsOf(res)

    /** Node's HTTP/1 sends the head with the first byte, its HTTP/2 at once. */
    this.sendsHead = res._implicitHeader === undefined
    this.hook()
    if (!isMock(res)) refuseHeaders(res, () => this.hasBegun)
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

  /**
   * Replaces the methods of the response. After the store has failed, it is called again. The methods from before then send
   * nothing, so a wrapper of them (such as compression) no longer reaches the response.
   */
  hook () {
    const { context } = this
    const { res } = context
    const { writeHead, write, end, flushHeaders } = this.before
    const isGivenUp = this.failure === undefined ? () => this.failure !== undefined : () => false

    const keepingHead = (/** @type {any[]} */ ...args) => {
      if (isGivenUp()) return res
      if (this.sendsHead) this.begin()
      return this.keeps() ? this.keepHead(writeHead, args) : writeHead.apply(res, args)
    }
    res.writeHead = keepingHead
    if (typeof write === 'function') {
      const keepingWrite = (/** @type {any[]} */ ...args) => {
        if (args[0] == null || !isBody(args[0])) return write.apply(res, args) // Node throws
        if (isGivenUp()) return this.dropWrite(args)
        this.begin()
        if (this.keeps()) return this.keepWrite(write, args)
        return this.isOver ? this.dropWrite(args) : write.apply(res, args)
      }
      res.write = keepingWrite
    }
    const endUnlessGivenUp = (/** @type {any[]} */ ...args) => isGivenUp() ? res : end.apply(res, args)
    res.end = endUnlessGivenUp
    if (typeof flushHeaders === 'function') {
      const keepingFlush = () => {
        if (isGivenUp()) return
        this.begin()
        if (this.keeps()) this.kept.push(() => flushHeaders.call(res))
        else flushHeaders.call(res)
      }
      res.flushHeaders = keepingFlush
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

  /**
   * Whether the answer to the error has ended. The failed handler may still write, and Node would emit an 'error' event for
   * that.
   */
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
      this.fail(asError(err))
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
    return { task, sid, snapshot: task === SAVE ? snapshotOf(session, this.context.original) : undefined }
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
      restoreMethods(res, this.before)
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

/** @param {any[]} args of a write */
function callbackOf (args) {
  return args.find(arg => typeof arg === 'function')
}

function writeAfterEndError () {
  return Object.assign(new Error('write after end'), { code: 'ERR_STREAM_WRITE_AFTER_END' })
}

module.exports = { HeldHeaders, holdOption }
