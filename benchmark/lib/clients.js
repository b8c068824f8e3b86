'use strict'

/*
 * Clients that send the five kinds of request straight to a middleware, without Node's HTTP.
 */

const { drive } = require('./drive')
const { Request, Response } = require('./fakes')
const { IN_FLIGHT, NAME, USER, fill } = require('./sample')

/** What clients send to an app that makes no sessions. */
const ANY_COOKIE = `${NAME}=s%3A${'x'.repeat(32)}.${'y'.repeat(43)}`

/**
 * Logs users in and returns the function that sends a number of requests.
 *
 * @param {function} handle the middleware
 * @param {string} kind of the requests
 * @param {{users: number, bytes?: number, sessions?: boolean}} options `bytes` of session data; `sessions` is
 *   false for a middleware that makes none
 * @return {Promise<function(number): Promise>} throws if a response lacks its cookie or has one too many
 */
async function makeClients (handle, kind, { users, bytes = 0, sessions = true }) {
  const jar = sessions ? [] : [ANY_COOKIE]
  // A flat copy: V8 would keep a slice of the whole header.
  const keep = (header) => jar.push(Buffer.from(cookieOf(header), 'latin1').toString('latin1'))
  if (sessions) await drive(exchanger(handle, 'login', bytes, [undefined], keep), users, IN_FLIGHT)

  let seen = 0
  const exchange = exchanger(handle, kind, bytes, cookiesFor(kind, jar), () => { seen++ })
  const setsCookie = sessions && (kind === 'login' || kind === 'write')

  return async function send (count) {
    seen = 0
    await drive(exchange, count, IN_FLIGHT)
    if (seen !== (setsCookie ? count : 0)) throw new Error(`${seen} cookies in ${count} requests of kind ${kind}`)
  }
}

function exchanger (handle, kind, bytes, cookies, onCookie) {
  return (number, done) => {
    const req = new Request(cookies[number % cookies.length])
    const res = new Response(req, (res) => {
      const header = res.getHeader('set-cookie')
      if (header !== undefined) onCookie(header)
      done()
    })
    handle(req, res, (err) => {
      if (err) throw err
      answer(kind, req, res, number, bytes)
    })
  }
}

/** The app. */
function answer (kind, req, res, number, bytes) {
  const { session } = req
  if (kind === 'login') fill(session, number, bytes)
  else if (kind === 'write') session.views++
  else if (kind === 'read' && session.user.name !== USER) throw new Error('another session')
  res.setHeader('Content-Length', 2)
  res.end('ok')
}

function cookiesFor (kind, jar) {
  if (kind === 'read' || kind === 'write') return jar
  return kind === 'forged' ? jar.map(forged) : [undefined]
}

/** The right form, the wrong signature. */
function forged (cookie) {
  const value = cookie.slice(NAME.length)
  return `${NAME}${value.slice(0, value.indexOf('.'))}.${'A'.repeat(43)}`
}

/** The pair of name and value in a Set-Cookie header. */
function cookieOf (header) {
  return String(header).split(';', 1)[0]
}

module.exports = { ANY_COOKIE, cookieOf, exchanger, makeClients }
