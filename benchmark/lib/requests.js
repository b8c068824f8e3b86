'use strict'

const { NAME, USER, padded } = require('./sample')

/*
 * The five kinds of request, and what an app does in each.
 */

/** Users that come back in turn. */
const USERS = 1000
/** Requests in flight: those that wait for a store meet in one turn of the event loop. */
const IN_FLIGHT = 10
/** Requests between two looks at the clock. */
const SLICE = 1000

const KINDS = ['anonymous', 'login', 'read', 'write', 'forged']

/** The app. */
function answer (kind, req, res, number, bytes) {
  const { session } = req
  if (kind === 'login') padded(session, number, bytes)
  else if (kind === 'write') session.views++
  else if (kind === 'read' && session.user.name !== USER) throw new Error('another session')
  res.setHeader('Content-Length', 2)
  res.end('ok')
}

/** Whether the response to such a request has a Set-Cookie header, from middlewares with sessions. */
function sendsCookie (kind) {
  return kind === 'login' || kind === 'write'
}

/** What clients send in requests of a kind. */
function cookiesFor (kind, cookies) {
  if (kind === 'read' || kind === 'write') return cookies
  return kind === 'forged' ? cookies.map(forged) : [undefined]
}

/** A cookie of the right form, with a wrong signature. */
function forged (cookie) {
  const value = cookie.slice(NAME.length + 1)
  const dot = value.indexOf('.')
  return `${NAME}=${value.slice(0, dot)}.${'A'.repeat(43)}`
}

module.exports = { IN_FLIGHT, KINDS, SLICE, USERS, answer, cookiesFor, forged, sendsCookie }
