'use strict'

/*
 * The bare minimum: a middleware that verifies, loads, parses, compares, stringifies, signs and stores with this
 * package's engine, and keeps nothing of express-session's contract. What this package takes beyond it, the contract costs.
 */

const { makeEngine } = require('./internals')
const { MAX_AGE, NAME } = require('./sample')

const EMPTY = '{}'

function bareStore () {
  const engine = makeEngine()
  return {
    engine,
    clear (callback) {
      engine.clear()
      callback()
    }
  }
}

function bareMiddleware ({ engine }) {
  return (req, res, next) => {
    const now = Date.now()
    const { sid, text = EMPTY } = engine.open(req.headers.cookie, now)
    req.session = JSON.parse(text)

    const { end } = res
    const ending = (chunk, encoding) => {
      const json = JSON.stringify(req.session)
      engine.setTime(now)
      if (json !== text) save(engine, sid || engine.generateId(), json, res)
      else if (sid !== undefined) engine.touch(sid)
      return end.call(res, chunk, encoding)
    }
    res.end = ending // see eslint.config.js
    next()
  }
}

function save (engine, sid, json, res) {
  engine.commit(sid, json)
  res.setHeader('Set-Cookie', `${NAME}=${engine.seal(sid)}; Path=/; Expires=${expiryText()}; HttpOnly`)
}

let second
let expiry

/** A date takes long to write, and is the same for a second. */
function expiryText () {
  const moment = Date.now() + MAX_AGE
  if (Math.floor(moment / 1000) !== second) {
    second = Math.floor(moment / 1000)
    expiry = new Date(moment).toUTCString()
  }
  return expiry
}

module.exports = { bareMiddleware, bareStore }
