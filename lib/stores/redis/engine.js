'use strict'

const { keepAsyncContext } = require('../../util/async-context')
const { systemNow } = require('../../util/clock')
const defer = require('../../util/defer')
const { CHANGED, DONE, DROPPED, PENDING } = require('../engine')
const Availability = require('./availability')
const { clientOf } = require('./client')
const { disconnected, explain, inTransaction, isAnswer, isSilence } = require('./errors')
const Flights = require('./flight')
const Keys = require('./keys')
const NearCache = require('./near')
const { REPLACE, run, TOUCH } = require('./scripts')
const TimeLimit = require('./time-limit')

/**
 * @typedef {import('../engine').Engine} Engine
 * @typedef {import('../engine').Callback<any>} Callback
 * @typedef {import('../engine').Outcome} Outcome
 * @typedef {import('../engine').Pending} Pending
 * @typedef {import('../engine').Write} Write
 * @typedef {import('../../cookie/plain-keyring').Keyring} Keyring
 */

/** The revision of all sessions: that a key exists. A destroyed session has none, so a late save finds nothing to write over. */
const EXISTS = Symbol('exists')
/** What a server says of a command that it has put into a transaction. */
const QUEUED = 'QUEUED'
/** What it says to a script that this user must not run, or that would write to a full memory. */
const NO_SCRIPTS = /NOPERM|unknown command/i
const FULL = /\bOOM\b/

/**
 * Sessions in Redis, by the engine contract. The keys and their texts are connect-redis's.
 *
 * @implements {Engine}
 */
class RedisEngine {
  // Private, so that nothing prints ids, sessions and passwords.
  /** @type {import('./client').Client} */
  #client
  #keys
  #flights = new Flights()
  #limit
  #availability
  /** @type {NearCache|undefined} */
  #near
  /** Whether the server has SET with IFEQ; undefined while nobody has tried. */
  #hasIfeq = /** @type {boolean|undefined} */ (undefined)
  /** Whether the server lets this user run scripts. Without them a touch leaves the cookie in the text, as connect-redis's does. */
  #hasScripts = true
  /** @type {((flight: import('./flight').Flight) => boolean)|undefined} */
  #mayJoin
  #counts = { reads: 0, shared: 0, found: 0, sets: 0, dropped: 0, touches: 0, destroyed: 0 }

  /**
   * @param {any} client of the redis or the ioredis package
   * @param {import('./options').RedisOptions} options
   * @param {(options: import('./near').NearOptions) => any} newMemory makes the memory engine of a near cache
   */
  constructor (client, options, newMemory) {
    this.options = /** @type {import('../engine').Options & import('./options').RedisOptions} */ ({ ...options })
    this.capabilities = RedisEngine.capabilities
    this.#client = clientOf(client)
    this.#keys = new Keys(this.#client, options.prefix, options.scanCount, ask => this.#inTime(ask))
    this.#limit = new TimeLimit(options.storeTimeout)
    const near = this.#near = this.#newNear(newMemory)
    if (near !== undefined) {
      this.#mayJoin = flight => near.mayJoin(flight)
      if (typeof options.seconds === 'number' && options.serializer === JSON) this.options.idle = options.seconds * 1000
    }
    this.#availability = new Availability(this.#client, options.storeTimeout, () => this.#probe(), near)
    if (near !== undefined && this.#client.isReady()) near.up()
  }

  /** @param {(options: import('./near').NearOptions) => any} newMemory */
  #newNear (newMemory) {
    const { nearCache, prefix } = this.options
    if (nearCache === undefined) return undefined
    const unfit = NearCache.unfit(this.#client)
    if (unfit === undefined) return new NearCache(this.#client, prefix, nearCache, newMemory(nearCache), this.#flights)
    NearCache.sayOff(unfit)
    return undefined
  }

  /** The app's client. */
  get client () {
    return this.#client.raw
  }

  /**
   * @param {Keyring} keyring
   * @param {string} header
   */
  load (keyring, header) {
    if (this.#near !== undefined && this.#near.isFresh) return this.#near.load(keyring, header)
    const opened = keyring.open(header)
    if (opened !== undefined) opened.found = PENDING
    return opened
  }

  /**
   * @param {string} sid
   * @param {number} now
   * @param {Callback} [callback]
   * @return {import('../engine').Stored|Pending}
   */
  get (sid, now, callback) {
    const near = this.#near
    if (near !== undefined && near.isFresh) {
      const text = near.get(sid)
      if (text !== undefined) return { text, revision: EXISTS }
    }
    if (callback === undefined) return PENDING

    const joined = this.#flights.joinable(sid, this.#mayJoin)
    if (joined !== undefined) {
      this.#counts.shared++
      joined.callbacks.push(keepAsyncContext(callback)) // who began the read calls it
      return PENDING
    }
    this.#counts.reads++
    const flight = this.#flights.read(sid)
    flight.callbacks.push(callback)
    const key = this.options.prefix + sid
    if (near === undefined || !near.begin(flight)) {
      return this.#ask(() => this.#client.send(key, ['GET', key]), (err, text) => this.#landed(flight, err, text))
    }

    return this.#ask(() => this.#getWithTtl(key), (err, reply) => {
      if (err) return this.#landed(flight, err)
      const [text, ttl] = reply
      if (text === QUEUED) return this.#landed(flight, inTransaction())
      if (text !== null && this.#flights.isClean(flight)) near.store(flight, text, Number(ttl))
      this.#landed(flight, null, text)
    })
  }

  /**
   * Two commands in one trip. What changes in between is told, so nothing of it is kept.
   *
   * @param {string} key
   * @return {Promise<any>}
   */
  #getWithTtl (key) {
    const text = this.#client.send(key, ['GET', key])
    const ttl = this.#client.send(key, ['PTTL', key])
    return Promise.all([text, ttl])
  }

  /**
   * @param {import('./flight').Flight} flight
   * @param {any} err
   * @param {string|null} [text]
   */
  #landed (flight, err, text) {
    this.#flights.end(flight)
    const stored = err || text === null ? undefined : { text, revision: EXISTS }
    if (stored !== undefined) this.#counts.found += flight.callbacks.length
    for (const callback of flight.callbacks) callback(err, stored)
  }

  /**
   * @param {string} sid
   * @param {number} now
   * @param {Callback} [callback]
   * @return {import('../engine').Stored|Pending}
   */
  peek (sid, now, callback) {
    const near = this.#near
    const text = near !== undefined && near.isFresh ? near.peek(sid, systemNow()) : undefined
    if (text !== undefined) return { text, revision: EXISTS }
    if (callback === undefined) return PENDING
    const key = this.options.prefix + sid
    return this.#ask(() => this.#client.send(key, ['GET', key]), (err, text) => {
      if (err) return callback(err)
      callback(null, text === null ? undefined : { text, revision: EXISTS })
    })
  }

  /**
   * @param {Write} write with `expected`, over that text only
   * @param {Callback} [callback]
   * @return {Outcome|Pending}
   */
  commit (write, callback) {
    if (callback === undefined) return PENDING
    const { sid } = write
    const text = write.text === undefined ? JSON.stringify(write.session) : write.text
    const lifetime = lifetimeOf(write)
    if (lifetime !== undefined && lifetime <= 0) return this.destroy(sid, write.now, callback)
    if (write.expected !== undefined) return this.#replace(write, text, lifetime, callback)

    const args = ['SET', this.options.prefix + sid, text]
    if (lifetime !== undefined) args.push('PX', String(lifetime))
    if (write.revision !== undefined) args.push('XX')
    this.#write(sid, args, (err, reply) => {
      if (err) return callback(err)
      if (reply === null) return callback(null, this.#dropped())
      callback(null, this.#stored(write))
    })
    return PENDING
  }

  /**
   * Writes a text over the one that was read, in one trip.
   *
   * @param {Write} write
   * @param {string} text
   * @param {number|undefined} lifetime
   * @param {Callback} callback
   * @return {Pending}
   */
  #replace (write, text, lifetime, callback) {
    const { sid } = write
    const key = this.options.prefix + sid
    const expected = /** @type {string} */ (write.expected)
    const ms = lifetime === undefined ? [] : [String(lifetime)]

    /** @type {Callback} */
    const read = (err, was) => {
      if (err) return callback(err)
      if (was === null) return callback(null, this.#dropped())
      if (was === expected) return callback(null, this.#stored(write))
      write.found = was
      callback(null, CHANGED)
    }
    /** @return {Pending} */
    const byScript = () => this.#run(REPLACE, sid, [expected, text, ms[0] || ''], read)

    if (this.#hasIfeq === false) return byScript()
    this.#changing(sid)
    const command = ['SET', key, text, 'IFEQ', expected, 'GET', ...ms.flatMap(ms => ['PX', ms])]
    return this.#ask(() => this.#client.send(key, command), (err, was) => {
      if (err && /syntax error/i.test(err.message)) {
        this.#hasIfeq = false
        byScript()
        return
      }
      read(err, was)
    })
  }

  /** @param {Write} write */
  #stored (write) {
    this.#counts.sets++
    write.revision = EXISTS
    return DONE
  }

  #dropped () {
    this.#counts.dropped++
    return DROPPED
  }

  /**
   * @param {Write} write
   * @param {Callback} [callback]
   * @return {Outcome|Pending}
   */
  touch (write, callback) {
    if (this.options.disableTouch || this.options.disableTTL) return DONE
    if (this.#isCovered(write)) return DONE
    if (callback === undefined) return PENDING
    const { sid } = write
    const key = this.options.prefix + sid
    const lifetime = lifetimeOf(write)
    if (lifetime === undefined) return DONE
    if (lifetime <= 0) return this.destroy(sid, write.now, callback)

    const cookie = write.session.cookie
    /** @type {Callback} */
    const done = err => {
      if (err) return callback(err)
      this.#counts.touches++
      callback(null, DONE)
    }
    const expire = () => this.#write(sid, ['PEXPIRE', key, String(lifetime)], done)
    if (!this.#hasScripts || this.options.serializer !== JSON || cookie === undefined || cookie === null) {
      expire()
      return PENDING
    }
    const cookieText = JSON.stringify(cookie)
    return this.#run(TOUCH, sid, [cookieText, String(lifetime)], (err, reply) => {
      if (err && NO_SCRIPTS.test(err.message)) {
        this.#hasScripts = false
        expire()
      } else if (err && FULL.test(err.message)) {
        expire()
      } else if (err || typeof reply !== 'string') {
        done(err)
      } else {
        this.#replaceCookie(write, reply, cookieText, done)
      }
    })
  }

  /**
   * Whether Redis is known to have what a touch would store, or nearly: a deadline that differs by the slack at most.
   *
   * @param {Write} write
   */
  #isCovered ({ sid, session, deadline }) {
    const near = this.#near
    if (near === undefined || !near.isFresh) return false
    const text = near.peek(sid, deadline - this.options.slackOf(session))
    return text !== undefined && text.startsWith(`{"cookie":${JSON.stringify(session.cookie)}`)
  }

  /**
   * For a text that does not begin with its cookie. If another request writes the session meanwhile, it renews it too.
   *
   * @param {Write} write
   * @param {string} text
   * @param {string} cookieText
   * @param {Callback} done
   */
  #replaceCookie (write, text, cookieText, done) {
    let session
    try {
      session = JSON.parse(text)
    } catch {
      return done()
    }
    if (typeof session !== 'object' || session === null) return done()
    session.cookie = JSON.parse(cookieText)
    this.commit({ ...write, text: JSON.stringify(session), expected: text }, done)
  }

  /**
   * @param {string} sid
   * @param {number} now
   * @param {Callback} [callback]
   * @return {Pending}
   */
  destroy (sid, now, callback) {
    if (callback === undefined) return PENDING
    this.#write(sid, ['DEL', this.options.prefix + sid], err => {
      if (err) return callback(err)
      this.#counts.destroyed++
      callback(null, DONE)
    })
    return PENDING
  }

  /**
   * @param {number} now
   * @param {Callback} [callback]
   * @return {Pending}
   */
  clear (now, callback) {
    return this.#walk(callback, async () => {
      for await (const sids of this.#keys.pages()) {
        this.#forget()
        await this.#keys.remove(sids)
        this.#forget()
      }
      return DONE
    })
  }

  #forget () {
    if (this.#near !== undefined) this.#near.flush()
    else this.#flights.spoilAll()
  }

  /**
   * @param {number} now
   * @param {Callback} [callback]
   * @return {Pending}
   */
  length (now, callback) {
    return this.#walk(callback, async () => {
      let length = 0
      for await (const sids of this.#keys.pages()) length += sids.length
      return length
    })
  }

  /**
   * @param {any} part 0, or `next` of the part before
   * @param {number} now
   * @param {Callback} [callback]
   * @return {null|Pending}
   */
  ids (part, now, callback) {
    if (part === null) return null
    return this.#walk(callback, () => this.#keys.page(part === 0 ? undefined : part))
  }

  /** Pages of sessions, as [id, text]. */
  async * texts () {
    try {
      for await (const sids of this.#keys.pages()) {
        const texts = await this.#keys.texts(sids)
        yield sids.flatMap((sid, i) => texts[i] === null ? [] : [[sid, String(texts[i])]])
      }
    } catch (err) {
      throw explain(err, this.options.prefix)
    }
  }

  /** Redis removes what has expired. */
  prune () {
    return false
  }

  stats () {
    return { ...this.#counts, near: this.#near && this.#near.stats() }
  }

  watch () {
    throw new TypeError('RedisStore has none of the events expired, evicted and destroyed: Redis does not tell')
  }

  /** @return {string[]} */
  drain () {
    return []
  }

  unwatch () {}

  /** The client is the app's, and so is closing it. */
  close () {
    this.#availability.close()
    if (this.#near !== undefined) this.#near.close()
    this.#near = undefined
    this.#mayJoin = undefined
  }

  /** @param {(isDown: boolean) => void} tell called when the server is lost for long, and when it is back */
  tellServer (tell) {
    this.#availability.tell = tell
  }

  /**
   * A session is about to be written. This process drops what it knows of it first, so that later reads ask Redis.
   *
   * @param {string} sid
   */
  #changing (sid) {
    this.#flights.spoil(sid)
    if (this.#near !== undefined) this.#near.drop(sid)
  }

  /**
   * @param {string} sid
   * @param {string[]} args a command whose key comes first
   * @param {Callback} callback
   */
  #write (sid, args, callback) {
    this.#changing(sid)
    this.#ask(() => this.#client.send(args[1], args), callback)
  }

  /**
   * Runs a script on a session's key. That may take two trips. A read between them sees the session as it was, and must
   * not be kept.
   *
   * @param {import('./scripts').Script} script
   * @param {string} sid
   * @param {string[]} args
   * @param {Callback} callback
   * @return {Pending}
   */
  #run (script, sid, args, callback) {
    this.#changing(sid)
    return this.#ask(() => run(this.#client, script, this.options.prefix + sid, args), (err, reply) => {
      this.#changing(sid)
      callback(err, reply)
    })
  }

  /**
   * Sends a command, and passes its reply on in time.
   *
   * @param {() => Promise<any>} send
   * @param {Callback} callback
   * @return {Pending}
   */
  #ask (send, callback) {
    if (this.#availability.isDown) {
      defer(callback, disconnected())
      return PENDING
    }
    this.#limit.wait(send(), (err, reply) => {
      this.#heard(err)
      if (err) return callback(explain(err, this.options.prefix))
      if (reply === QUEUED) return callback(inTransaction())
      callback(null, reply instanceof Uint8Array ? String(reply) : reply)
    })
    return PENDING
  }

  /**
   * @template T
   * @param {() => Promise<T>} ask
   * @return {Promise<T>}
   */
  #inTime (ask) {
    if (this.#availability.isDown) return Promise.reject(disconnected())
    return new Promise((resolve, reject) => {
      this.#limit.wait(ask(), (err, value) => {
        this.#heard(err)
        if (err) reject(err)
        else resolve(value)
      })
    })
  }

  /** @param {any} err of a call; null where there is an answer */
  #heard (err) {
    if (!err) this.#availability.answered()
    else if (isSilence(err)) this.#availability.doubt()
  }

  /**
   * Whether a server answers. Of a cluster it is any: while one is gone, the sessions of the others are there.
   *
   * @return {Promise<boolean>}
   */
  #probe () {
    const key = `${this.options.prefix}${Keys.PROOF}${Math.random()}`
    return this.#client.send(key, ['GET', key]).then(() => true, isAnswer)
  }

  /**
   * @param {Callback|undefined} callback
   * @param {() => Promise<any>} work over all keys, which may take long
   * @return {Pending}
   */
  #walk (callback, work) {
    if (callback === undefined) return PENDING
    work().then(result => callback(null, result), err => callback(explain(err, this.options.prefix)))
    return PENDING
  }
}

/** @type {Readonly<import('../engine').Capabilities>} */
RedisEngine.capabilities = Object.freeze({
  reads: 'later', writes: 'later', revisions: true, dropsExpired: true, events: false, iterate: true, compareAndSet: true, promises: true
})

/**
 * Milliseconds that a session has from now on; undefined for no end.
 *
 * @param {Write} write
 */
function lifetimeOf ({ deadline, now }) {
  const lifetime = Math.ceil(deadline - now)
  return Number.isFinite(lifetime) ? Math.min(lifetime, Number.MAX_SAFE_INTEGER) : undefined
}

module.exports = RedisEngine
