'use strict'

const binding = require('../../../binding')
const Cookie = require('../../cookie/cookie')
const { Templates } = require('../../cookie/template')
const { dataText } = require('../../session/serialize')
const { DONE, DROPPED } = require('../engine')
const { Loaded, loadedFrom } = require('../loaded')
const { outOfMemory, outranked, tooLarge } = require('../refused')
const { numbers, Now, Deadline, Expires, Template, Revision, Rank, Hint } = require('../../util/numbers')

const { ABSENT, NEEDS_FULL_READ } = binding
const { Dropped, NotThere, OutOfMemory, Outranked, TooLarge } = binding.WriteOutcome
const { TouchOutcome } = binding

/**
 * @typedef {import('../engine').Engine} Engine
 * @typedef {import('../engine').Outcome} Outcome
 * @typedef {import('../../cookie/opened')} Opened
 * @typedef {import('../engine').Write} Write
 * @typedef {import('../engine').MemoryOptions} MemoryOptions
 */

/** No template, no revision, no hint. */
const NONE = -1

/**
 * Sessions in Rust (src/engines/memory), by the engine contract.
 *
 * @implements {Engine}
 */
class MemoryEngine {
  /**
   * @param {MemoryOptions} options
   * @throws {RangeError} a shared store exists with other bounds than those in `options`
   */
  constructor (options) {
    this.options = options
    this.capabilities = MemoryEngine.capabilities
    const { max, maxBytes, shared, explicitLimits } = options
    try {
      this.handle = binding.createMemory(numbers, max, maxBytes, shared, explicitLimits)
    } catch (err) {
      throw new RangeError(/** @type {Error} */ (err).message, { cause: err })
    }
    this.calls = binding.bindMemory(this.handle)
    this.templates = new Templates(this)
  }

  /**
   * @param {import('../../cookie/keyring')} keyring
   * @param {string} header
   * @param {number} now
   */
  load (keyring, header, now) {
    numbers[Now] = now
    const loader = keyring.loaderOf(this.handle)
    const text = loader(header)
    if (text === undefined) return undefined

    const revision = numbers[Revision]
    if (revision === ABSENT) return keyring.opened(header, text)
    if (revision === NEEDS_FULL_READ) return this.loadWhole(keyring.opened(header, text), now)

    const template = numbers[Template]
    const expires = numbers[Expires]
    const hint = numbers[Hint]
    const opened = keyring.opened(header)
    const hasId = opened.sid === undefined
    let data
    try {
      data = JSON.parse(text)
      if (hasId) [opened.sid, data] = data
    } catch {
      return this.loadWhole(/** @type {Opened} */ (keyring.open(header)), now)
    }
    const cookie = template < 0 ? undefined : Templates.cookieFrom(this.templates.numbered(template), expires)
    opened.found = new Loaded(data, cookie, revision, hint, hasId ? undefined : text)
    return opened
  }

  /**
   * Loads a text that this package did not write. The text is parsed as a whole, so that an error describes the whole text.
   *
   * @param {Opened} opened
   * @param {number} now
   */
  loadWhole (opened, now) {
    const stored = this.peek(opened.sid, now)
    opened.found = stored === undefined ? undefined : loadedFrom(stored)
    return opened
  }

  /**
   * @param {string} sid
   * @param {number} now
   */
  get (sid, now) {
    numbers[Now] = now
    return stored(this.calls.get(sid))
  }

  /**
   * @param {string} sid
   * @param {number} now
   */
  peek (sid, now) {
    numbers[Now] = now
    return stored(this.calls.peek(sid))
  }

  /**
   * @param {Write} write
   * @throws {RangeError} there is no room for the session
   */
  commit (write) {
    const data = write.text === undefined ? plainCookie(write.session) : undefined
    const template = data && this.templates.of(data)

    let status
    if (template === undefined) {
      const text = write.text === undefined ? JSON.stringify(write.session) : write.text
      this.pass(write)
      status = this.calls.set(write.sid, text)
    } else {
      const text = write.data === undefined ? dataText(write.session) : write.data
      this.pass(write, template, data)
      status = write.hint === undefined ? NotThere : this.calls.commitSeen(text)
      if (status === NotThere) status = this.calls.commit(write.sid, text)
    }

    if (status === TooLarge) throw tooLarge()
    if (status === Outranked) throw outranked()
    if (status === OutOfMemory) throw outOfMemory()
    if (status === Dropped) return DROPPED
    write.revision = numbers[Revision]
    return DONE
  }

  /**
   * @param {Write} write
   * @return {Outcome}
   * @throws {RangeError} there is no room for the session with its new cookie
   */
  touch (write) {
    const data = Cookie.plainData(write.session.cookie)
    const template = data && this.templates.of(data)

    if (template !== undefined) {
      this.pass(write, template, data)
      let status = write.hint === undefined ? TouchOutcome.NotThere : this.calls.touchSeen()
      if (status === TouchOutcome.NotThere) status = this.calls.touch(write.sid)
      if (status !== TouchOutcome.Whole) return touched(status)
    }
    const cookieText = JSON.stringify(write.session.cookie)
    this.pass(write)
    const status = this.calls.touch(write.sid, cookieText)
    if (status === TouchOutcome.Whole) this.replaceCookie(write, cookieText)
    return touched(status)
  }

  /**
   * For a text that does not begin with its cookie: it is read and written as a whole.
   *
   * @param {Write} write
   * @param {string} cookieText
   */
  replaceCookie (write, cookieText) {
    const stored = this.peek(write.sid, write.now)
    if (stored === undefined) return
    const session = JSON.parse(stored.text)
    session.cookie = JSON.parse(cookieText)
    this.commit({ ...write, text: JSON.stringify(session), revision: stored.revision, hint: undefined })
  }

  /**
   * Puts the numbers of a write where Rust looks for them. Nothing of the app may run before the call that follows.
   *
   * @param {Write} write
   * @param {import('../../cookie/template').Template} [template]
   * @param {any} [data]
   */
  pass (write, template, data) {
    numbers[Now] = write.now
    numbers[Deadline] = write.deadline
    numbers[Rank] = write.rank
    numbers[Revision] = write.revision === undefined ? NONE : write.revision
    numbers[Hint] = write.hint === undefined ? NONE : write.hint
    numbers[Template] = template === undefined ? NONE : template.number
    if (template !== undefined) numbers[Expires] = data.expires ? data.expires.getTime() : NaN
  }

  /**
   * @param {string} sid
   * @param {number} now
   * @return {Outcome}
   */
  destroy (sid, now) {
    numbers[Now] = now
    this.calls.destroy(sid)
    return DONE
  }

  /**
   * @param {number} now
   * @return {Outcome}
   */
  clear (now) {
    numbers[Now] = now
    binding.memoryClear(this.handle)
    return DONE
  }

  /** @param {number} now */
  length (now) {
    numbers[Now] = now
    return binding.memoryLength(this.handle)
  }

  /**
   * @param {number} part
   * @param {number} now
   */
  ids (part, now) {
    numbers[Now] = now
    return binding.memoryIds(this.handle, part)
  }

  /** @param {number} now */
  prune (now) {
    numbers[Now] = now
    return binding.memorySweep(this.handle, PRUNED_AT_ONCE)
  }

  /** @param {number} now */
  stats (now) {
    numbers[Now] = now
    return binding.memoryStats(this.handle)
  }

  /** @param {boolean} replaced */
  watch (replaced) {
    return binding.memoryWatch(this.handle, replaced)
  }

  /**
   * @param {any} watch
   * @param {number} most
   * @param {number} now
   */
  drain (watch, most, now) {
    numbers[Now] = now
    return binding.memoryDrain(this.handle, watch, most)
  }

  /** @param {any} watch */
  unwatch (watch) {
    binding.memoryUnwatch(watch)
  }

  /**
   * The last holder of a store frees it, on another thread. What is shared belongs to others too.
   *
   * @param {number} now
   */
  close (now) {
    if (this.options.shared === undefined) this.clear(now)
  }

  /**
   * The number that stands for a cookie's text before and after its expiry; negative when there are too many.
   *
   * @param {string} prefix
   * @param {string|undefined} suffix
   */
  intern (prefix, suffix) {
    return binding.memoryIntern(this.handle, prefix, suffix)
  }

  /** @param {number} number */
  templateText (number) {
    return binding.memoryTemplate(this.handle, number)
  }
}

/** How many expired sessions `prune` removes: about a millisecond's work. */
const PRUNED_AT_ONCE = 5000

/** @type {Readonly<import('../engine').Capabilities>} */
MemoryEngine.capabilities = Object.freeze({ reads: 'now', writes: 'now', revisions: true, events: true, iterate: true })

/**
 * The attributes of a session's cookie, where the session is stored as cookie and data.
 *
 * @param {any} session
 */
function plainCookie (session) {
  return typeof session.toJSON === 'function' ? undefined : Cookie.plainData(session.cookie)
}

/**
 * @param {number} status of a touch that is done
 * @return {Outcome}
 * @throws {RangeError}
 */
function touched (status) {
  if (status === TouchOutcome.TooLarge) throw tooLarge()
  if (status === TouchOutcome.Outranked) throw outranked()
  if (status === TouchOutcome.OutOfMemory) throw outOfMemory()
  return DONE
}

/** @param {string|undefined} text */
function stored (text) {
  return text === undefined ? undefined : { text, revision: numbers[Revision] }
}

module.exports = MemoryEngine
