'use strict'

const { DONE, PENDING } = require('../../lib/stores/engine')

/*
 * Engines that answer later, made of any engine. What is answered later is also done later, in the order in which it
 * was asked for, as by an engine that waits for a disk or a network.
 */

/** An engine that answers all that it may answer later. */
function later (engine) {
  return new Answers(engine, () => true)
}

/** An engine that answers now this and now that: every run of a test has the same order. */
function nowAndThen (engine) {
  let state = 1
  return new Answers(engine, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return (state >>> 16) % 2 === 0
  })
}

class Answers {
  constructor (engine, isLater) {
    this.engine = engine
    this.isLater = isLater
    this.options = engine.options
    this.capabilities = { ...engine.capabilities, reads: 'later', writes: 'later' }
  }

  load (keyring, header, now) {
    if (!this.isLater()) return this.engine.load(keyring, header, now)
    const opened = keyring.open(header)
    if (opened !== undefined) opened.found = PENDING
    return opened
  }

  get (sid, now, callback) {
    return this.answer(callback, done => this.engine.get(sid, now, done))
  }

  peek (sid, now, callback) {
    return this.answer(callback, done => this.engine.peek(sid, now, done))
  }

  /** The app goes on changing its session: what is to be stored is taken now. */
  commit (write, callback) {
    const text = write.text === undefined ? JSON.stringify(write.session) : write.text
    const taken = { ...write, text }
    return this.answer(callback, done => this.engine.commit(taken, done), result => {
      if (result === DONE) write.revision = taken.revision
    })
  }

  touch (write, callback) {
    const { cookie } = write.session
    const session = cookie === undefined ? {} : { cookie: JSON.parse(JSON.stringify(cookie)) }
    const taken = { ...write, session }
    return this.answer(callback, done => this.engine.touch(taken, done))
  }

  destroy (sid, now, callback) {
    return this.answer(callback, done => this.engine.destroy(sid, now, done))
  }

  clear (now, callback) {
    return this.answer(callback, done => this.engine.clear(now, done))
  }

  length (now, callback) {
    return this.answer(callback, done => this.engine.length(now, done))
  }

  ids (part, now, callback) {
    return this.answer(callback, done => this.engine.ids(part, now, done))
  }

  /** Without a callback, nothing that would be answered later is begun. */
  answer (callback, ask, note = () => {}) {
    const finish = result => {
      note(result)
      return result
    }
    const done = callback && ((err, result) => err ? callback(err) : callback(null, finish(result)))

    if (!this.isLater()) {
      const result = ask(done)
      return result === PENDING ? PENDING : finish(result)
    }
    if (callback !== undefined) {
      setImmediate(() => {
        let result
        try {
          result = ask(done)
        } catch (err) {
          callback(err)
          return
        }
        if (result !== PENDING) callback(null, finish(result))
      })
    }
    return PENDING
  }

  prune (now) {
    return this.engine.prune(now)
  }

  stats (now) {
    return this.engine.stats(now)
  }

  watch (replaced) {
    return this.engine.watch(replaced)
  }

  drain (watch, most, now) {
    return this.engine.drain(watch, most, now)
  }

  unwatch (watch) {
    this.engine.unwatch(watch)
  }

  close (now) {
    this.engine.close(now)
  }
}

module.exports = { later, nowAndThen }
