'use strict'

const assert = require('node:assert/strict')
const session = require('../..')
const { serve } = require('../helpers/server')

const SECRET = 'keyboard cat'

/** An app on a new store: each path is a function of it. */
async function app (subject, t, handlers, { store = {}, ...options } = {}) {
  const ourStore = subject.store(t, store)
  const middleware = session({ secret: SECRET, resave: false, saveUninitialized: false, ...options, store: ourStore })
  const server = await serve(t, middleware, (req, res) => handlers[req.url](req, res))
  return { ...server, get: server.get, store: ourStore, browser: () => server.browser() }
}

const pages = {
  '/count' (req, res) {
    req.session.views = (req.session.views || 0) + 1
    res.end(String(req.session.views))
  },
  '/read' (req, res) {
    res.end(JSON.stringify({ ...req.session, cookie: undefined }))
  },
  '/login' (req, res, next) {
    req.session.regenerate(err => {
      assert.ifError(err)
      req.session.user = 'ann'
      res.end(req.sessionID)
    })
  },
  '/logout' (req, res) {
    req.session.destroy(err => {
      assert.ifError(err)
      res.end('bye')
    })
  }
}

/** A page that waits until the test lets it go on. */
function slowPage (work) {
  const page = (req, res) => {
    page.isWaiting = true
    page.goOn = () => work(req, res)
  }
  return page
}

module.exports = { app, pages, slowPage }
