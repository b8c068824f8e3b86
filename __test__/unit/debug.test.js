'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')
const createDebug = require('debug')
const { serve } = require('../helpers/server')
const session = require('../..')

test('DEBUG turned on and off while an app runs counts from the next request on', async (t) => {
  const lines = []
  t.mock.method(createDebug, 'log', (line) => lines.push(line))
  t.after(() => createDebug.disable())
  const app = await serve(t, session({ secret: 's', resave: false, saveUninitialized: false }), (req, res) => res.end())

  await app.get('/')
  assert.equal(lines.length, 0)
  createDebug.enable('express-session')
  await app.get('/')
  const heard = lines.length
  assert.ok(heard > 0)
  createDebug.disable()
  await app.get('/')
  assert.equal(lines.length, heard)
})
