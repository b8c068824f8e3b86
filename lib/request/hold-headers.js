'use strict'

const { isBody } = require('../http/response')
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
  'Content-Length', 'Content-Encoding', 'Content-Range', 'Content-Disposition', 'ETag', 'Last-Modified', 'Location', 'Trailer', 'Transfer-Encoding'
]

/**
 * A response whose headers wait for the store. What the app sends meanwhile is kept, in order. When the store has
 * failed, nothing was sent, and the error goes to `next`.
 */
class HeldHeaders {
  /** @param {import('./context')} context whose `end` and `writeHead` are in place */
  constructor (context) {
    const { res } = context
    this.context = context
    this.state = OPEN
    /** @type {(() => void)[]} */
    this.kept = []
    this.hasHead = false
    this.isEnded = false
    this.isFull = false // somebody waits for 'drain'
    this.hasLeft = false // the client
    /** @type {Step|undefined} */
    this.done = undefined // what the store has done

    const { writeHead, write, flushHeaders } = res
    /** Node's HTTP/1 sends the head with the first byte, its HTTP/2 at once. */
    const sendsHead = res._implicitHeader === undefined

    res.writeHead = (/** @type {any[]} */ ...args) => {
      if (sendsHead) this.begin()
      return this.keeps() ? this.keepHead(writeHead, args) : writeHead.apply(res, args)
    }
    if (typeof write === 'function') {
      res.write = (/** @type {any[]} */ ...args) => {
        if (args[0] == null || !isBody(args[0])) return write.apply(res, args) // Node throws
        this.begin()
        if (!this.keeps()) return this.isOver ? false : write.apply(res, args)
        this.isFull = true
        if (!this.isEnded) this.kept.push(() => { this.isFull = !write.apply(res, args) })
        return false
      }
    }
    if (typeof flushHeaders === 'function') {
      res.flushHeaders = () => {
        this.begin()
        if (this.keeps()) this.kept.push(() => flushHeaders.call(res))
        else flushHeaders.call(res)
      }
    }
    if (typeof res.once === 'function') {
      res.once('close', () => {
        this.hasLeft = true
        defer(() => this.left()) // the app's listeners may end the response first
      })
    }
  }

  /** Whether what the app sends now is not sent. */
  keeps () {
    return this.state !== SENT && this.state !== FAILED
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
      this.state = SENT // there was an error on the way in
      return
    }

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
      if (err && codeOf(err) !== DROPPED_CODE) return callback(err)
      this.done = step
      callback()
    })
  }

  send () {
    const { context, kept, isFull } = this
    this.state = SENT
    this.kept = []
    try {
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
    this.state = FAILING
    this.kept = []
    this.hasHead = false
    this.isEnded = false
    context.headersDone = true // a session that is not stored needs no cookie
    forgetAnswer(context.res)
    defer(() => {
      this.state = FAILED
      context.next(asError(err))
    })
  }

  /**
   * @param {Function} writeHead
   * @param {any[]} args
   */
  keepHead (writeHead, args) {
    const { res } = this.context
    if (this.hasHead && args.length > 1) {
      throw Object.assign(new Error('Cannot write headers after they are sent to the client'), { code: 'ERR_HTTP_HEADERS_SENT' })
    }
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
  res.statusCode = 500
  if (res._implicitHeader !== undefined) res.statusMessage = undefined // HTTP/2 has none, and warns
}

module.exports = { HeldHeaders, holdOption }
