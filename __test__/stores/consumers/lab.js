'use strict'

/* What a consumer's test works with. Each runs twice: on the built-in store, and on one that answers later. */

const assert = require('assert')
const { listen } = require('../../helpers/server')
const { Browser, SECRET, snapshot } = require('../trial')

class Lab {
  constructor (recorder, session, variant) {
    this.recorder = recorder
    this.variant = variant
    this.express = session
    this.Store = variant === 'built-in store' ? undefined : laterStore(session)
    this.ends = []
  }

  /** The middleware, with the options that the READMEs give, each on a store of its own. */
  session (options) {
    return this.express({
      secret: SECRET, resave: false, saveUninitialized: false, ...(this.Store && { store: new this.Store() }), ...options
    })
  }

  /** Serves a handler or a server on a free port. */
  async serve (handler) {
    const { server, port, close } = await listen(handler)
    this.port = port
    this.ends.push(close)
    return server
  }

  browser (cookies) {
    return new Browser(this, cookies)
  }

  /** One step: what it gives is compared with upstream; what is expected of it holds for both. */
  async step (name, act, expect) {
    let record
    let unmet
    try {
      record = { result: snapshot(await act()) }
      // on purpose: from its own store ours sends a response whole, with a length, where upstream cuts off the last byte
      if (!this.Store && record.result && record.result.headers) delete record.result.headers['transfer-encoding']
      // a body that was piped is all there before its session is saved
      if (this.Store) await new Promise((resolve) => setTimeout(resolve, 10))
      if (expect) await expect(record.result)
    } catch (err) {
      if (!(err instanceof assert.AssertionError)) record = { ...record, failed: err }
      unmet = err.message.replace(/\s+/g, ' ').slice(0, 300)
    }
    this.recorder.add(`${name} (${this.variant})`, record, unmet)
    return record && record.result
  }

  async end () {
    for (const end of this.ends.reverse()) await end()
  }
}

/** A store as others write it: answers after a while. */
function laterStore (session) {
  return class LaterStore extends session.Store {
    constructor () {
      super()
      this.held = new Map()
    }

    get (id, callback) {
      const text = this.held.get(id)
      setTimeout(() => callback(null, text && JSON.parse(text)), 2)
    }

    set (id, data, callback) {
      const text = JSON.stringify(data)
      setTimeout(() => {
        this.held.set(id, text)
        if (callback) callback()
      }, 2)
    }

    destroy (id, callback) {
      setTimeout(() => {
        this.held.delete(id)
        if (callback) callback()
      }, 2)
    }
  }
}

async function run (consumer, session, recorder) {
  for (const variant of ['built-in store', 'another store']) {
    const lab = new Lab(recorder, session, variant)
    try {
      await consumer.run(lab)
    } finally {
      await lab.end()
    }
  }
}

/* ---- an app in the manner of node:http, for the frameworks that leave req and res as they are */

function plain (req, res, fail = (err) => { throw err }) {
  const { session } = req
  const [path] = req.url.split('?')
  const answer = (body) => {
    res.setHeader('Content-Type', 'application/json')
    res.end(JSON.stringify(body))
  }
  const routes = {
    '/' () { answer({ id: req.sessionID, count: session.count, user: session.user }) },
    '/count' () {
      session.count = (session.count || 0) + 1
      answer({ id: req.sessionID, count: session.count })
    },
    '/login' () {
      session.regenerate((err) => {
        if (err) return fail(err)
        req.session.user = 'ann'
        req.session.save((err) => err ? fail(err) : answer({ id: req.sessionID, user: req.session.user }))
      })
    },
    '/logout' () {
      session.destroy((err) => err ? fail(err) : answer({ session: typeof req.session }))
    },
    '/head' () {
      session.count = 100
      res.writeHead(200, { 'X-Head': 'written' })
      res.end('head')
    },
    '/stream' () {
      session.count = 200
      res.write('a')
      setTimeout(() => res.end('b'), 2)
    }
  }
  if (!routes[path]) {
    res.statusCode = 404
    return res.end('none')
  }
  routes[path]()
}

/** The visits that each of those frameworks gets. */
async function visits (lab) {
  const browser = lab.browser()
  const count = (value) => (response) => {
    assert.equal(response.status, 200)
    assert.equal(response.body.count, value)
  }
  await lab.step('no session yet', () => browser.get('/'), (response) => assert.deepEqual(response.cookies, []))
  await lab.step('first visit', () => browser.get('/count'), (response) => {
    count(1)(response)
    assert.equal(response.cookies[0].signature, 'valid')
  })
  await lab.step('second visit', () => browser.get('/count'), count(2))
  await lab.step('read', () => browser.get('/?q=1'), count(2))
  await lab.step('head written', () => browser.get('/head'), (response) => assert.equal(response.body, 'head'))
  await lab.step('after that', () => browser.get('/'), count(100))
  await lab.step('stream', () => browser.get('/stream'), (response) => assert.equal(response.body, 'ab'))
  await lab.step('after the stream', () => browser.get('/'), count(200))
  const old = browser.copy()
  await lab.step('login', () => browser.get('/login'), (response) => {
    assert.equal(response.body.user, 'ann')
    assert.notEqual(browser.id, old.id)
  })
  await lab.step('logged in', () => browser.get('/'), (response) => assert.equal(response.body.user, 'ann'))
  await lab.step('the old cookie', () => old.get('/'), count(undefined))
  await lab.step('logout', () => browser.get('/logout'), (response) => assert.equal(response.body.session, 'undefined'))
  await lab.step('logged out', () => browser.get('/'), (response) => assert.equal(response.body.user, undefined))
  await lab.step('HEAD', () => lab.browser().get('/count', { method: 'HEAD' }), (response) => assert.equal(response.status, 200))
}

module.exports = { run, plain, visits }
