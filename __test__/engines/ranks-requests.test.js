'use strict'

// Which sessions of an app outlive a flood of requests.

const assert = require('node:assert/strict')
const { conform } = require('.')
const { app, pages } = require('./app')

conform('a user who has logged in outlives a flood of strangers', async (subject, t) => {
  const handlers = {
    ...pages,
    '/stranger' (req, res) {
      req.session.returnTo = '/'
      res.end()
    }
  }
  const { browser, get } = await app(subject, t, handlers, { store: { max: 50 } })
  const users = Array.from({ length: 20 }, () => browser())
  for (const user of users) {
    await user.get('/count')
    await user.get('/login')
  }
  const gone = browser()
  await gone.get('/count')
  for (let n = 0; n < 100; n++) await get('/stranger')
  for (let n = 0; n < 100; n++) await get('/stranger', { cookie: gone.cookie }) // its session is gone
  for (let n = 0; n < 100; n++) {
    const stranger = browser()
    await stranger.get('/stranger')
    await stranger.get('/read')
  }
  for (const user of users) assert.equal((await user.get('/read')).body, '{"user":"ann"}')
})

conform('regenerate by a stranger who has nothing does not sign in', async (subject, t) => {
  const handlers = {
    ...pages,
    '/anew' (req, res) {
      req.session.regenerate(() => {
        req.session.returnTo = '/'
        res.end()
      })
    }
  }
  const { browser, get } = await app(subject, t, handlers, { store: { max: 50 } })
  const users = Array.from({ length: 20 }, () => browser())
  for (const user of users) {
    await user.get('/count')
    await user.get('/read')
  }
  for (let n = 0; n < 200; n++) await get('/anew')
  for (const user of users) assert.equal((await user.get('/read')).body, '{"views":1}')
})

conform('regenerate that leaves the new session empty, as some logouts do, does not sign in', async (subject, t) => {
  const handlers = { ...pages, '/anew' (req, res) { req.session.regenerate(() => res.end()) } }
  const { browser, store } = await app(subject, t, handlers, { saveUninitialized: true, store: { max: 50 } })
  const users = Array.from({ length: 20 }, () => browser())
  for (const user of users) {
    await user.get('/count')
    await user.get('/read')
  }
  for (let n = 0; n < 100; n++) {
    const stranger = browser()
    await stranger.get('/count')
    await stranger.get('/anew')
  }
  assert.equal(store.stats().sessions, 50, 'the empty ones are stored')
  for (const user of users) assert.equal((await user.get('/read')).body, '{"views":1}')
})
