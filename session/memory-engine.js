'use strict'

const native = require('./native')
const { Templates } = require('./cookie-template')

/** Numbers pass through one array that both sides see: an argument of a call costs more. */
const {
  Now: NOW,
  Deadline: DEADLINE,
  Expires: EXPIRES,
  Template: TEMPLATE,
  Revision: LIFE_OF_ID,
  Rank: RETURNED,
  Hint: PLACE
} = native.NumberAt

/** Where a store keeps its engine. */
const ENGINE = Symbol('express-session-native.engine')
/** Which life of its id the data is that a store's `get` gave. Beside the data: it may be frozen. */
const lives = new WeakMap()
/** The cookie is not a template. */
const NO_TEMPLATE = -1

/** No revision: there is no such session, or its text has to be read in another way. */
const { ABSENT, NEEDS_FULL_READ } = native
/** How a write ended. */
const { Dropped: DROPPED, TooLarge: TOO_LARGE, NotThere: UNSEEN } = native.WriteOutcome

/**
 * The sessions of one store, in Rust. Texts and milliseconds only: what is above this class knows
 * nothing of Rust, and another engine with these methods can take its place.
 */
class MemoryEngine {
  /**
   * @param {object} options of the MemoryStore, checked
   * @throws {RangeError} when a shared store has other bounds than those that were asked for
   */
  constructor ({ max, maxBytes, shared, explicitLimits }) {
    this.numbers = native.createNumbers()
    try {
      this.handle = native.createMemory(this.numbers, max, maxBytes, shared, explicitLimits)
    } catch (err) {
      throw new RangeError(err.message, { cause: err })
    }
    this.calls = native.bindMemory(this.handle)
    this.templates = new Templates(this)
  }

  /** The JSON text of a session, or undefined. */
  get (sid, now) {
    this.numbers[NOW] = now
    return this.calls.get(sid)
  }

  /** Which life of its id the session is that was just read or written. */
  get lastLife () {
    return this.numbers[LIFE_OF_ID]
  }

  /** `get`, for someone who only looks: it protects the session from nothing. */
  peek (sid, now) {
    this.numbers[NOW] = now
    return this.calls.peek(sid)
  }

  /**
   * Stores a text.
   *
   * @param {number} life the life of the session that the writer had loaded; -1 stores in any case
   * @param {boolean} returned whether a client has come back to the session
   * @return {boolean} false when that life has ended: the text is dropped
   * @throws {RangeError} when the session alone is above `maxBytes`
   */
  set (sid, text, deadline, life, returned, now) {
    const { numbers } = this
    numbers[NOW] = now
    numbers[DEADLINE] = deadline
    numbers[LIFE_OF_ID] = life
    numbers[RETURNED] = returned ? 1 : 0
    return stored(this.calls.set(sid, text))
  }

  /** Renews the deadline of a session; its cookie becomes `cookieText`. */
  touch (sid, cookieText, deadline, now) {
    this.numbers[NOW] = now
    this.numbers[DEADLINE] = deadline
    this.numbers[TEMPLATE] = NO_TEMPLATE // a session without a cookie keeps what is stored
    if (!this.calls.touch(sid, cookieText)) this.rewrite(sid, cookieText, deadline, now)
  }

  /** A text that does not begin with its cookie is read and written as a whole. */
  rewrite (sid, cookieText, deadline, now) {
    const text = this.peek(sid, now)
    if (text === undefined) return
    const life = this.lastLife
    const session = JSON.parse(text)
    session.cookie = JSON.parse(cookieText)
    this.set(sid, JSON.stringify(session), deadline, life, false, now)
  }

  /**
   * `touch`, for a cookie with a template.
   *
   * @param {number} life and
   * @param {number} place as for `commit`
   * @return {boolean} false when it takes the text of the cookie
   */
  touchTemplate (sid, life, place, template, expires, deadline, now) {
    const { numbers } = this
    numbers[NOW] = now
    numbers[DEADLINE] = deadline
    numbers[EXPIRES] = expires
    numbers[TEMPLATE] = template.number
    numbers[LIFE_OF_ID] = life
    numbers[PLACE] = place
    return (place >= 0 && this.calls.touchSeen()) || this.calls.touch(sid)
  }

  /**
   * `set`, for the text of the data alone and a cookie with a template.
   *
   * @param {number} place where `load` has seen that life, which saves looking for it; -1 when it has not
   */
  commit (sid, dataText, template, expires, deadline, life, place, returned, now) {
    const { numbers } = this
    numbers[NOW] = now
    numbers[DEADLINE] = deadline
    numbers[EXPIRES] = expires
    numbers[TEMPLATE] = template.number
    numbers[LIFE_OF_ID] = life
    numbers[PLACE] = place
    numbers[RETURNED] = returned ? 1 : 0
    const status = place < 0 ? UNSEEN : this.calls.commitSeen(dataText)
    return stored(status === UNSEEN ? this.calls.commit(sid, dataText) : status)
  }

  /**
   * Opens a `Cookie` header and reads the session that it names.
   *
   * @return {Loaded|undefined} undefined without a valid cookie
   */
  load (keyring, header, now) {
    const { numbers } = this
    numbers[NOW] = now
    const found = keyring.loaderOf(this)(header)
    if (found === undefined) return undefined

    const life = numbers[LIFE_OF_ID]
    let sid = keyring.idIn(header)
    if (life === ABSENT) return new Loaded(sid === undefined ? found : sid, undefined, undefined, undefined, life, -1)
    if (life === NEEDS_FULL_READ) return this.loadWhole(sid === undefined ? found : sid, now)

    const number = numbers[TEMPLATE]
    const expires = numbers[EXPIRES]
    let data
    try {
      data = JSON.parse(found)
      if (sid === undefined) [sid, data] = data
    } catch {
      return this.loadWhole(keyring.open(header), now)
    }
    return new Loaded(
      sid,
      data,
      number < 0 ? undefined : this.templates.numbered(number),
      Number.isNaN(expires) ? undefined : expires,
      life,
      numbers[PLACE]
    )
  }

  /** A text that is not what this package writes: what is wrong with it is said of the whole. */
  loadWhole (sid, now) {
    const text = this.peek(sid, now)
    const loaded = new Loaded(sid, undefined, undefined, undefined, -1, -1)
    try {
      if (text) loaded.data = parse(JSON, text)
    } catch (err) {
      loaded.error = err
    }
    return loaded
  }

  /** @return {boolean} whether there was such a session */
  destroy (sid, now) {
    this.numbers[NOW] = now
    return this.calls.destroy(sid)
  }

  clear (now) {
    this.numbers[NOW] = now
    native.memoryClear(this.handle)
  }

  /** Removes what has expired, in about `budget` steps; says whether there is more. */
  sweep (now, budget) {
    this.numbers[NOW] = now
    return native.memorySweep(this.handle, budget)
  }

  length () {
    return native.memoryLength(this.handle)
  }

  stats () {
    return native.memoryStats(this.handle)
  }

  /** The ids of one part of the store, or null after the last; parts are counted from 0. */
  ids (part, now) {
    this.numbers[NOW] = now
    return native.memoryIds(this.handle, part)
  }

  /** Begins to record what is removed; `replaced`: what is overwritten too. */
  watch (replaced) {
    return native.memoryWatch(this.handle, replaced)
  }

  /** Up to `most` removals since the last call, as [kind, sid, text] triples in one flat array. */
  drain (watch, most) {
    return native.memoryDrain(watch, most)
  }

  /** Ends a watch. */
  unwatch (watch) {
    native.memoryUnwatch(watch)
  }

  intern (prefix, suffix) {
    return native.memoryIntern(this.handle, prefix, suffix)
  }

  templateText (number) {
    return native.memoryTemplate(this.handle, number)
  }
}

/**
 * What a serializer makes of a stored text.
 *
 * @throws {SyntaxError} without the text, which JSON's own would quote; other serializers' errors as they are
 */
function parse (serializer, text) {
  if (serializer !== JSON) return serializer.parse(text)
  try {
    return JSON.parse(text)
  } catch {
    throw new SyntaxError('the text stored for the session is not JSON')
  }
}

/** A session as `load` found it. Without a template, `data` are those of the whole session. */
class Loaded {
  constructor (sid, data, template, expires, life, place) {
    this.sid = sid
    this.data = data // nothing when there is no such session
    this.template = template
    this.expires = expires
    this.life = life
    this.place = place // where the engine has seen it
    this.error = undefined // what JSON.parse said
  }
}

function stored (status) {
  if (status === TOO_LARGE) throw new RangeError('the session is larger than the maxBytes of the store')
  return status !== DROPPED
}

module.exports = { ENGINE, MemoryEngine, lives, parse }
