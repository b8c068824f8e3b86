'use strict'

/*
 * The middlewares and stores that are compared. A contestant is `{ contestant, from }`: its name, and for
 * this package the checkout from which it is loaded (without `from`, this one).
 */

const path = require('node:path')
const { bareMiddleware, bareStore } = require('./bare')
const files = require('./file-stores')
const { OPTIONS, USER } = require('./sample')

/** Their names in tables and plots. */
const NATIVE = 'express-session-native'
const MEMORY = 'express-session + MemoryStore'
const LRU = 'express-session + memorystore'
const BARE = 'bare minimum'

const HERE = path.join(__dirname, '../..')
const DAY = 24 * 60 * 60 * 1000

/** The public entry of the contestant's package. */
function library ({ contestant, from = HERE }) {
  return require(contestant.startsWith('ours') ? from : 'express-session')
}

/** Undefined without sessions, a promise where a store takes a while to open. */
function makeStore (subject, options) {
  const { contestant } = subject
  if (isSessionless(subject)) return undefined
  if (files.has(contestant)) return files.open(library(subject), contestant)
  if (contestant === 'bare') return bareStore()
  if (contestant.endsWith('-async')) return asyncStore(library(subject))
  if (contestant === 'memorystore') return new (require('memorystore')(library(subject)))({ checkPeriod: DAY, ...options })
  return new (library(subject).MemoryStore)(options)
}

function makeMiddleware (subject, store = makeStore(subject)) {
  if (isSessionless(subject)) return noSession
  if (subject.contestant === 'bare') return bareMiddleware(store)
  return library(subject)({ ...OPTIONS, store })
}

function isSessionless ({ contestant }) {
  return contestant === 'none'
}

/** Stands in for a session, so that one app serves all contestants. */
function noSession (req, res, next) {
  req.session = { user: { name: USER }, views: 1 }
  next()
}

/** As `npm install express-session@npm:express-session-native` does: stores inherit from this package too. */
function installAsExpressSession (subject) {
  const entry = require.resolve(subject.from || HERE)
  library(subject)
  require.cache[require.resolve('express-session')] = require.cache[entry]
}

/** A store as most are: JSON kept elsewhere, answers on a later tick. */
function asyncStore ({ Store }) {
  const texts = new Map()

  return new (class AsyncStore extends Store {
    get (sid, callback) {
      setImmediate(() => {
        const text = texts.get(sid)
        callback(null, text === undefined ? null : JSON.parse(text))
      })
    }

    set (sid, session, callback) {
      texts.set(sid, JSON.stringify(session))
      setImmediate(callback, null)
    }

    touch (sid, session, callback) {
      setImmediate(callback, null)
    }

    destroy (sid, callback) {
      texts.delete(sid)
      setImmediate(callback, null)
    }

    clear (callback) {
      texts.clear()
      setImmediate(callback, null)
    }
  })()
}

module.exports = { BARE, LRU, MEMORY, NATIVE, installAsExpressSession, isSessionless, library, makeMiddleware, makeStore }
