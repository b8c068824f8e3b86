'use strict'

// Turns what a scenario meets into plain JSON that can be compared.

function error (err) {
  if (err === undefined || err === null) return String(err)
  if (typeof err !== 'object') return { thrown: String(err) }
  const out = { name: err.name, message: err.message }
  if (err.code !== undefined) out.code = String(err.code)
  return out
}

function json (value) {
  try {
    const text = JSON.stringify(value)
    return text === undefined ? 'undefined' : text
  } catch (err) {
    return { unserialisable: err.message }
  }
}

function flags (obj, key) {
  const d = Object.getOwnPropertyDescriptor(obj, key)
  if (!d) return 'none'
  return (d.writable ? 'w' : '-') + (d.enumerable ? 'e' : '-') + (d.configurable ? 'c' : '-')
}

function forIn (obj) {
  const keys = []
  for (const k in obj) keys.push(k)
  return keys
}

function attempt (fn) {
  try {
    return fn()
  } catch (err) {
    return { threw: error(err) }
  }
}

function cookie (c, world) {
  if (c === null || typeof c !== 'object') return String(c)
  return {
    ours: world.foreignStore ? 'unknown' : c instanceof world.lib.Cookie,
    forIn: forIn(c),
    data: attempt(() => json(c.data)),
    json: json(c),
    maxAge: attempt(() => String(c.maxAge)),
    originalMaxAge: String(c.originalMaxAge),
    expires: attempt(() => (c.expires instanceof Date ? 'Date ' : typeof c.expires + ' ') + json(c.expires)),
    same: c._expires === c.expires
  }
}

function session (s, req, world) {
  if (s === null || typeof s !== 'object') return String(s)
  return {
    ctor: s.constructor && s.constructor.name,
    ours: world.foreignStore ? 'unknown' : s instanceof world.lib.Session,
    keys: Object.keys(s),
    forIn: forIn(s),
    json: json(s),
    id: typeof s.id === 'string' ? world.sid(s.id) : typeof s.id,
    idIsReqs: s.id === req.sessionID,
    reqIsReq: s.req === req,
    idFlags: flags(s, 'id'),
    reqFlags: flags(s, 'req'),
    cookie: cookie(s.cookie, world)
  }
}

// One argument of a call on a store.
function argument (arg, world) {
  if (typeof arg === 'function') return '[function]'
  if (typeof arg === 'string') return world.sid(arg)
  if (arg && arg.sessionStore) return arg === world.lastReq ? 'req' : { like: 'req', keys: Object.keys(arg) }
  if (arg && typeof arg === 'object') {
    return {
      ctor: arg.constructor && arg.constructor.name,
      current: !!world.lastReq && arg === world.lastReq.session,
      json: json(arg)
    }
  }
  return String(arg)
}

module.exports = { error, json, session, cookie, argument, attempt }
