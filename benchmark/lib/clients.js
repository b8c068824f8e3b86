'use strict'

const { drive } = require('./drive')
const { Request, Response } = require('./fakes')
const { IN_FLIGHT, USERS, answer, cookiesFor, sendsCookie } = require('./requests')
const { NAME } = require('./sample')

module.exports = { makeClients }

/** What clients send to those that make no sessions. */
const ANY_COOKIE = `${NAME}=s%3A${'x'.repeat(32)}.${'y'.repeat(43)}`

/**
 * Clients of a middleware, logged in where requests of their kind need it.
 *
 * @param {function} handle the middleware
 * @param {string} kind
 * @param {object} [options]
 * @param {number} [options.users]
 * @param {number} [options.bytes] of a session's data
 * @param {boolean} [options.sessions] false for what makes none
 * @return {Promise<function(number): Promise>} sends a number of requests
 * @throws when the responses do not have the cookies that they should have
 */
async function makeClients (handle, kind, { users = USERS, bytes = 0, sessions = true } = {}) {
  const cookies = cookiesFor(kind, sessions ? await logIn(handle, users, bytes) : [ANY_COOKIE])
  const expected = sessions && sendsCookie(kind)
  let sent = 0

  function exchange (number, done) {
    const req = new Request(cookies[number % cookies.length])
    const res = new Response(req, (res) => {
      if (res.getHeader('set-cookie') !== undefined) sent++
      done()
    })
    handle(req, res, (err) => {
      if (err) throw err
      answer(kind, req, res, number, bytes)
    })
  }

  return async function send (count) {
    sent = 0
    await drive(exchange, count, IN_FLIGHT)
    if (sent !== (expected ? count : 0)) throw new Error(`${sent} cookies in ${count} requests of kind ${kind}`)
  }
}

/** The Cookie headers of users who have logged in. */
async function logIn (handle, users, bytes) {
  const cookies = []
  await drive((number, done) => {
    const req = new Request()
    const res = new Response(req, (res) => {
      cookies.push(flat(String(res.getHeader('set-cookie')).split(';', 1)[0]))
      done()
    })
    handle(req, res, () => answer('login', req, res, number, bytes))
  }, users, IN_FLIGHT)
  return cookies
}

/** A string of its own, as Node's parser makes them, instead of a part of another. */
function flat (text) {
  return Buffer.from(text, 'latin1').toString('latin1')
}
