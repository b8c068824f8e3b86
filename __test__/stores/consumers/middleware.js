'use strict'

/* Middleware that lives on sessions. */

const assert = require('assert')
const path = require('path')

const status = (expected) => (response) => assert.equal(response.status, expected, JSON.stringify(response.body))

/* ---- passport: its README's app, with local accounts */

const passport = (minor, { keepSessionInfo } = {}) => ({
  package: 'passport-' + minor,
  async run (lab) {
    const express = require('express')
    const { Passport } = require('passport-' + minor)
    const LocalStrategy = require('passport-local')
    const passport = new Passport()
    passport.use(new LocalStrategy((username, password, done) => done(null, password === 'right' ? { id: 1, username } : false, { message: 'no' })))
    passport.serializeUser((user, done) => done(null, user.username))
    passport.deserializeUser((username, done) => done(null, { username }))
    const options = keepSessionInfo ? { keepSessionInfo } : {}

    const app = express()
    app.use(express.urlencoded({ extended: false }))
    app.use(lab.session())
    app.use(passport.initialize())
    app.use(passport.session())
    app.get('/cart', (req, res) => {
      req.session.cart = ['book']
      res.json({ id: req.sessionID })
    })
    app.get('/who', (req, res) => res.json({ id: req.sessionID, user: req.user, cart: req.session.cart, session: Object.keys(req.session) }))
    app.post('/login', passport.authenticate('local', { failureRedirect: '/login', successReturnToOrRedirect: '/who', failureMessage: true, ...options }))
    app.post('/logout', (req, res, next) => {
      if (minor === '0.5') {
        req.logout()
        return res.redirect('/who')
      }
      req.logout(options, (err) => err ? next(err) : res.redirect('/who'))
    })
    await lab.serve(app)

    const browser = lab.browser()
    const keeps = minor === '0.5' || keepSessionInfo
    await lab.step('something in the cart', () => browser.get('/cart'), status(200))
    await lab.step('wrong password', () => browser.post('/login', { username: 'ann', password: 'wrong' }),
      (response) => assert.equal(response.headers.location, '/login'))
    const before = browser.copy()
    await lab.step('right password', () => browser.post('/login', { username: 'ann', password: 'right' }), (response) => {
      assert.equal(response.headers.location, '/who')
      assert.equal(browser.id === before.id, minor === '0.5', 'the id changes at login')
    })
    await lab.step('who', () => browser.get('/who'), (response) => {
      assert.equal(response.body.user.username, 'ann')
      assert.deepEqual(response.body.cart, keeps ? ['book'] : undefined)
    })
    await lab.step('the cookie from before', () => before.get('/who'),
      (response) => assert.equal(Boolean(response.body.user), minor === '0.5'))
    const within = browser.copy()
    await lab.step('logout', () => browser.post('/logout'), status(302))
    await lab.step('who now', () => browser.get('/who'), (response) => assert.equal(response.body.user, undefined))
    await lab.step('the cookie of the login', () => within.get('/who'), (response) => assert.equal(response.body.user, undefined))
  }
})

/* ---- compression, in both orders */

const compressed = (order) => async function (lab) {
  const express = require('express')
  const app = express()
  app.use(require('helmet')())
  const compression = require('compression')({ threshold: 0 })
  if (order === 'before') app.use(compression)
  app.use(lab.session())
  if (order === 'after') app.use(compression)
  app.get('/chunks', (req, res) => {
    req.session.n = 1
    res.type('text')
    res.write('one ')
    res.flush()
    setTimeout(() => {
      res.write('two ')
      res.end('three')
    }, 3)
  })
  app.get('/whole', (req, res) => {
    req.session.n = 2
    res.send('whole '.repeat(500))
  })
  app.get('/view', (req, res) => res.json({ id: req.sessionID, n: req.session.n }))
  await lab.serve(app)
  const browser = lab.browser()
  const headers = { 'accept-encoding': 'gzip' }
  await lab.step('chunks', () => browser.get('/chunks', { headers }), (response) => {
    assert.equal(response.headers['content-encoding'], 'gzip')
    assert.equal(response.body, 'one two three')
    assert.equal(response.cookies.length, 1)
  })
  await lab.step('saved', () => browser.get('/view', { headers }), (response) => assert.equal(response.body.n, 1))
  await lab.step('whole', () => browser.get('/whole', { headers }), (response) => assert.equal(response.body.length, 3000))
  await lab.step('saved again', () => browser.get('/view'), (response) => assert.equal(response.body.n, 2))
  await lab.step('not compressed', () => lab.browser().get('/chunks'), (response) => assert.equal(response.body, 'one two three'))
}

module.exports = {
  'passport 0.7': passport('0.7'),
  'passport 0.7 with keepSessionInfo': passport('0.7', { keepSessionInfo: true }),
  'passport 0.6': passport('0.6'),
  'passport 0.6 with keepSessionInfo': passport('0.6', { keepSessionInfo: true }),
  'passport 0.5': passport('0.5'),

  'connect-flash': {
    package: 'connect-flash',
    async run (lab) {
      const app = require('express')()
      app.use(lab.session({ cookie: { maxAge: 60000 } }))
      app.use(require('connect-flash')())
      app.get('/flash', (req, res) => {
        req.flash('info', 'Flash is back!')
        req.flash('info', 'twice')
        res.redirect('/')
      })
      app.get('/', (req, res) => res.json({ id: req.sessionID, messages: req.flash('info') }))
      await lab.serve(app)
      const browser = lab.browser()
      await lab.step('nothing to say', () => browser.get('/'), (response) => assert.deepEqual(response.body.messages, []))
      await lab.step('flash', () => browser.get('/flash'), status(302))
      await lab.step('shown', () => browser.get('/'), (response) => assert.deepEqual(response.body.messages, ['Flash is back!', 'twice']))
      await lab.step('shown once', () => browser.get('/'), (response) => assert.deepEqual(response.body.messages, []))
    }
  },

  csurf: {
    package: 'csurf',
    run: (lab) => csrf(lab, (app) => app.use(require('csurf')()), (req) => req.csrfToken())
  },

  lusca: {
    package: 'lusca',
    run: (lab) => csrf(lab, (app) => app.use(require('lusca')({
      csrf: true, xframe: 'SAMEORIGIN', hsts: { maxAge: 31536000 }, xssProtection: true, nosniff: true, referrerPolicy: 'same-origin'
    })), (req, res) => res.locals._csrf)
  },

  'csrf-csrf 4': {
    package: 'csrf-csrf',
    async run (lab) {
      const { doubleCsrf } = require('csrf-csrf')
      const { doubleCsrfProtection, generateCsrfToken } = doubleCsrf({
        getSecret: () => 'a secret', getSessionIdentifier: (req) => req.session.id, cookieName: 'csrf', cookieOptions: { secure: false }
      })
      const express = require('express')
      const app = express()
      app.use(require('cookie-parser')())
      app.use(lab.session({ saveUninitialized: true }))
      app.get('/token', (req, res) => res.json({ id: req.sessionID, token: generateCsrfToken(req, res) }))
      app.use(doubleCsrfProtection)
      app.post('/do', (req, res) => res.json({ done: true }))
      app.use((err, req, res, next) => res.status(err.statusCode || 500).json({ code: err.code }))
      await lab.serve(app)
      const browser = lab.browser()
      const token = async (who) => {
        const response = await who.get('/token')
        lab.recorder.normaliser.id(response.body.token)
        return response
      }
      const first = await lab.step('token', () => token(browser), status(200))
      const headers = { 'x-csrf-token': first.body.token }
      await lab.step('with the token', () => browser.post('/do', {}, { headers }), status(200))
      await lab.step('without', () => browser.post('/do'), status(403))
      const other = lab.browser()
      await lab.step('another session', () => token(other), status(200))
      other.cookies.set('csrf', browser.cookies.get('csrf'))
      await lab.step('with the token of the first', () => other.post('/do', {}, { headers }), status(403))
    }
  },

  'cookie-parser': {
    package: 'cookie-parser',
    async run (lab) {
      const app = require('express')()
      app.use(require('cookie-parser')('keyboard cat'))
      app.use(lab.session())
      app.get('/', (req, res) => {
        req.session.n = (req.session.n || 0) + 1
        res.json({ id: req.sessionID, n: req.session.n, signed: req.signedCookies })
      })
      await lab.serve(app)
      const browser = lab.browser()
      await lab.step('first', () => browser.get('/'), (response) => assert.equal(response.body.n, 1))
      await lab.step('second', () => browser.get('/'), (response) => assert.equal(response.body.n, 2))
    }
  },

  'compression before it, helmet': { package: 'compression', run: compressed('before') },
  'compression after it, helmet': { package: 'compression', run: compressed('after') },

  'sendFile, HEAD, 304': {
    package: 'express',
    async run (lab) {
      const file = path.join(__dirname, '../schema.prisma')
      const app = require('express')()
      app.use(lab.session({ rolling: true, cookie: { maxAge: 3600000 } }))
      app.get('/file', (req, res) => {
        req.session.files = (req.session.files || 0) + 1
        res.sendFile(file)
      })
      app.get('/text', (req, res) => {
        req.session.texts = (req.session.texts || 0) + 1
        res.send('text')
      })
      app.get('/empty', (req, res) => {
        req.session.empty = true
        res.status(204).end()
      })
      app.get('/view', (req, res) => res.json({ id: req.sessionID, ...req.session, cookie: undefined }))
      await lab.serve(app)
      const browser = lab.browser()
      const tag = {}
      const keep = (key) => async (act) => {
        const response = await act
        tag[key] = response.etag
        return response
      }
      await lab.step('file', () => keep('file')(browser.get('/file')), (response) => {
        status(200)(response)
        assert.equal(response.cookies.length, 1)
      })
      await lab.step('part of it', () => browser.get('/file', { headers: { range: 'bytes=0-5' } }), status(206))
      await lab.step('HEAD of it', () => browser.get('/file', { method: 'HEAD' }), status(200))
      await lab.step('not modified', () => browser.get('/file', { headers: { 'if-modified-since': new Date(Date.now() + 60000).toUTCString() } }), status(304))
      await lab.step('text', () => browser.get('/text'), status(200))
      await lab.step('HEAD of the text', () => browser.get('/text', { method: 'HEAD' }), status(200))
      await lab.step('text not modified', () => browser.get('/text', { headers: { 'if-none-match': '*' } }), status(304))
      await lab.step('204', () => browser.get('/empty'), status(204))
      await lab.step('all counted', () => browser.get('/view'), (response) => {
        assert.equal(response.body.files, 4)
        assert.equal(response.body.texts, 3)
        assert.equal(response.body.empty, true)
      })
    }
  }
}

/** A form with a token that lives in the session. */
async function csrf (lab, install, token) {
  const express = require('express')
  const app = express()
  app.use(express.urlencoded({ extended: false }))
  app.use(lab.session())
  install(app)
  app.get('/form', (req, res) => res.json({ id: req.sessionID, token: token(req, res) }))
  app.post('/do', (req, res) => res.json({ done: true }))
  app.use((err, req, res, next) => res.status(err.statusCode || res.statusCode === 200 ? err.statusCode || 500 : res.statusCode).json({ code: err.code || err.message }))
  await lab.serve(app)
  const form = async (who) => {
    const response = await who.get('/form')
    lab.recorder.normaliser.id(response.body.token)
    return response
  }
  const browser = lab.browser()
  const first = await lab.step('form', () => form(browser), status(200))
  await lab.step('with its token', () => browser.post('/do', { _csrf: first.body.token }), status(200))
  await lab.step('and again', () => browser.post('/do', { _csrf: first.body.token }), status(200))
  await lab.step('without a token', () => browser.post('/do'), status(403))
  const other = lab.browser()
  await lab.step('another session', () => form(other), status(200))
  await lab.step('with the token of the first', () => other.post('/do', { _csrf: first.body.token }), status(403))
}
