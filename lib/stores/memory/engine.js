'use strict'

const binding = require('../../../binding')
const Cookie = require('../../cookie/cookie')
const { Templates } = require('../../cookie/template')
const { dataText } = require('../../session/serialize')
const { DONE, DROPPED, Loaded, loadedFrom } = require('../engine')
const { numbers, Now, Deadline, Expires, Template, Revision, Rank, Hint } = require('../../util/numbers')

/** No template, no revision, no hint. */
const NONE = -1
/** What Rust puts down as the revision where there is no such session, or where its text has to be read whole. */
const ABSENT = -1
const NEEDS_FULL_READ = -2

/** How Rust says that a write ended; any other number is a success. */
const WAS_DROPPED = 0
const TOO_LARGE = 3
const NOT_SEEN = 4 // the session is not where the hint says

/** Sessions in Rust (src/engines/memory), by the engine contract. */
class MemoryEngine {
  /**
   * @param {object} options of the MemoryStore, checked
   * @throws {RangeError} a shared store exists with other bounds than those in `options`
   */
  constructor (options) {
    this.options = options
    this.capabilities = MemoryEngine.capabilities
    const { max, maxBytes, shared, explicitLimits } = options
    try {
      this.handle = binding.createMemory(numbers, max, maxBytes, shared, explicitLimits)
    } catch (err) {
      throw new RangeError(err.message, { cause: err })
    }
    this.calls = binding.bindMemory(this.handle)
    this.templates = new Templates(this)
  }

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
    let data
    try {
      data = JSON.parse(text)
      if (opened.sid === undefined) [opened.sid, data] = data
    } catch {
      return this.loadWhole(keyring.open(header), now)
    }
    const cookie = template < 0 ? undefined : Templates.cookieFrom(this.templates.numbered(template), expires)
    opened.found = new Loaded(data, cookie, revision, hint)
    return opened
  }

  /** For a text that this package did not write: what is wrong with it is said of the whole. */
  loadWhole (opened, now) {
    const stored = this.peek(opened.sid, now)
    opened.found = stored === undefined ? undefined : loadedFrom(stored)
    return opened
  }

  get (sid, now) {
    numbers[Now] = now
    return stored(this.calls.get(sid))
  }

  peek (sid, now) {
    numbers[Now] = now
    return stored(this.calls.peek(sid))
  }

  /** @throws {RangeError} the session is too large for the store */
  commit (write) {
    const data = write.text === undefined ? plainCookie(write.session) : undefined
    const template = data && this.templates.of(data)

    let status
    if (template === undefined) {
      const text = write.text === undefined ? JSON.stringify(write.session) : write.text
      this.pass(write)
      status = this.calls.set(write.sid, text)
    } else {
      const text = dataText(write.session)
      this.pass(write, template, data)
      status = write.hint === undefined ? NOT_SEEN : this.calls.commitSeen(text)
      if (status === NOT_SEEN) status = this.calls.commit(write.sid, text)
    }

    if (status === TOO_LARGE) throw new RangeError('the session is larger than the maxBytes of the store')
    if (status === WAS_DROPPED) return DROPPED
    write.revision = numbers[Revision]
    return DONE
  }

  touch (write) {
    const data = Cookie.plainData(write.session.cookie)
    const template = data && this.templates.of(data)

    if (template !== undefined) {
      this.pass(write, template, data)
      if (write.hint !== undefined && this.calls.touchSeen()) return DONE
      if (this.calls.touch(write.sid)) return DONE
    }
    const cookieText = JSON.stringify(write.session.cookie)
    this.pass(write)
    if (!this.calls.touch(write.sid, cookieText)) this.replaceCookie(write, cookieText)
    return DONE
  }

  /** For a text that does not begin with its cookie: it is read and written as a whole. */
  replaceCookie (write, cookieText) {
    const stored = this.peek(write.sid, write.now)
    if (stored === undefined) return
    const session = JSON.parse(stored.text)
    session.cookie = JSON.parse(cookieText)
    this.commit({ ...write, text: JSON.stringify(session), revision: stored.revision, hint: undefined })
  }

  /** Puts the numbers of a write where Rust looks for them. Nothing of the app may run before the call that follows. */
  pass (write, template, data) {
    numbers[Now] = write.now
    numbers[Deadline] = write.deadline
    numbers[Rank] = write.rank
    numbers[Revision] = write.revision === undefined ? NONE : write.revision
    numbers[Hint] = write.hint === undefined ? NONE : write.hint
    numbers[Template] = template === undefined ? NONE : template.number
    if (template !== undefined) numbers[Expires] = data.expires ? data.expires.getTime() : NaN
  }

  destroy (sid, now) {
    numbers[Now] = now
    this.calls.destroy(sid)
    return DONE
  }

  clear (now) {
    numbers[Now] = now
    binding.memoryClear(this.handle)
    return DONE
  }

  length () {
    return binding.memoryLength(this.handle)
  }

  ids (part, now) {
    numbers[Now] = now
    return binding.memoryIds(this.handle, part)
  }

  prune (now) {
    numbers[Now] = now
    return binding.memorySweep(this.handle, PRUNED_AT_ONCE)
  }

  stats () {
    return binding.memoryStats(this.handle)
  }

  watch (replaced) {
    return binding.memoryWatch(this.handle, replaced)
  }

  drain (watch, most) {
    return binding.memoryDrain(watch, most)
  }

  unwatch (watch) {
    binding.memoryUnwatch(watch)
  }

  /** The last who holds a store frees it, on another thread. What is shared belongs to others too. */
  close (now) {
    if (this.options.shared === undefined) this.clear(now)
  }

  /** The number that stands for a cookie's text before and after its expiry; negative when there are too many. */
  intern (prefix, suffix) {
    return binding.memoryIntern(this.handle, prefix, suffix)
  }

  templateText (number) {
    return binding.memoryTemplate(this.handle, number)
  }
}

/** How many expired sessions `prune` removes: about a millisecond's work. */
const PRUNED_AT_ONCE = 5000

MemoryEngine.capabilities = Object.freeze({ reads: 'now', writes: 'now', revisions: true, events: true, iterate: true })

/** The attributes of a session's cookie, where the session is stored as cookie and data. */
function plainCookie (session) {
  return typeof session.toJSON === 'function' ? undefined : Cookie.plainData(session.cookie)
}

function stored (text) {
  return text === undefined ? undefined : { text, revision: numbers[Revision] }
}

module.exports = MemoryEngine
