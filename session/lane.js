'use strict'

const { contextOf } = require('./context')
const Cookie = require('./cookie')
const defer = require('./defer')
const { Templates } = require('./cookie-template')
const MemoryStore = require('./memory')
const { ENGINE } = require('./memory-engine')
const { deadline } = require('./memory-options')
const { dataText } = require('./serialize')
const Session = require('./session')
const Store = require('./store')

/**
 * The short way between a request and the native store: synchronous calls, texts in and out. It is
 * open while the store's methods are this package's own. They are looked up each time: an app may
 * replace any of them, at any time.
 */
module.exports = { commit, engineForLoading, revive, save }

const { get, set, touch, destroy } = MemoryStore.prototype
const { createSession } = Store.prototype

function engineForLoading (store) {
  return store.get === get && store.createSession === createSession ? plainEngine(store) : undefined
}

/** The engine of a native store whose options leave texts and deadlines as they are. */
function plainEngine (store) {
  const engine = store[ENGINE]
  return engine !== undefined && engine.plain ? engine : undefined
}

/** Makes `req.session` of what the engine loaded with a cookie template. */
function revive (req, loaded) {
  req.session = Session.revive(req, Templates.revive(loaded.template, loaded.expires), loaded.data)
}

/**
 * Ends a request's work on its session.
 *
 * @param {string} task 'destroy', 'save' or 'touch'
 * @return {boolean} false when the ordinary way has to be taken
 * @throws {RangeError} when the session is too large for the store
 */
function commit (context, task) {
  const { store, req } = context
  const { session, sessionID: sid } = req
  const engine = plainEngine(store)
  if (engine === undefined || typeof sid !== 'string') return false

  switch (task) {
    case 'destroy':
      if (store.destroy !== destroy) return false
      engine.destroy(sid, Date.now())
      return true
    case 'save':
      // A session goes to the store that its request has now: another middleware may have set that.
      if (store.set !== set || session.save !== Session.save || session.req.sessionStore !== store) return false
      write(engine, context, session)
      return true
    default:
      if (store.touch !== touch) return false
      renew(engine, context, sid, session)
      return true
  }
}

/**
 * What `session.save` does on the native store. Unlike `store.set` it knows which session the request
 * had loaded, and does not bring it back when it has been destroyed since.
 *
 * @return {boolean} false when the ordinary way has to be taken
 */
function save (context, session, callback) {
  const { store } = context
  if (session.req.sessionStore !== store) return false
  const engine = store.set === set ? plainEngine(store) : undefined
  if (engine === undefined || typeof session.id !== 'string') return false

  try {
    write(engine, context, session)
    defer(callback)
  } catch (err) {
    defer(callback, err)
  }
  return true
}

function write (engine, context, session) {
  const { id } = session
  const now = Date.now()
  // Another middleware on this store may have made the session.
  const maker = contextOf(session)
  const owner = maker && maker.store === context.store ? maker : context
  const life = owner.lifeOf(session)
  let written
  const data = Cookie.plainData(session.cookie)
  const template = data && typeof session.toJSON !== 'function' ? engine.templates.of(data) : undefined

  if (template === undefined) {
    written = engine.set(id, JSON.stringify(session), deadline(engine.options, session, id, now), life, context.returned, now)
  } else {
    const expires = data.expires ? data.expires.getTime() : NaN
    const ends = templateDeadline(engine, expires, now)
    written = engine.commit(id, dataText(session), template, expires, ends, life, owner.placeOf(id), context.returned, now)
  }
  if (written) context.knowsLife(id, engine.lastLife)
}

function renew (engine, context, sid, session) {
  const now = Date.now()
  const data = Cookie.plainData(session.cookie)
  const template = data && engine.templates.of(data)

  if (template !== undefined) {
    const expires = data.expires ? data.expires.getTime() : NaN
    const ends = templateDeadline(engine, expires, now)
    if (engine.touchTemplate(sid, context.life, context.placeOf(sid), template, expires, ends, now)) return
  }
  engine.touch(sid, JSON.stringify(session.cookie), deadline(engine.options, session, sid, now), now)
}

/** What `deadline` gives for the cookies that have a template. */
function templateDeadline (engine, expires, now) {
  if (Number.isNaN(expires)) return now + engine.ttl
  return engine.ttlIsCap ? Math.min(expires, now + engine.ttl) : expires
}
