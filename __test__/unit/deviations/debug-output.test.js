'use strict'

// Debug output and errors hold no full session id, no signature and no session data.

const assert = require('node:assert/strict')
const { execFile } = require('node:child_process')
const path = require('node:path')
const { test } = require('node:test')
const { promisify } = require('node:util')
const { deviation } = require('../../helpers/subject')

const output = promisify(execFile)(process.execPath, [path.join(__dirname, '../fixtures/debug-app.js')], {
  env: { ...process.env, DEBUG: 'express-session', DEBUG_COLORS: 'no' }, timeout: 60_000, maxBuffer: 1e8
}).then(({ stdout, stderr }) => ({ ...JSON.parse(stdout), stderr }))

test('Every step has debug output', async () => {
  const { hidden, stderr } = await output
  assert.ok(hidden.length > 20)
  for (const step of [/no SID sent, generating session/, /fetching/, /saving/, /session found/, /no session/]) assert.match(stderr, step)
})

deviation('Debug output holds no id, no signature and no data', async () => {
  const { hidden, stderr } = await output
  assert.deepEqual(hidden.filter(text => stderr.includes(text)), [])
})

test('Errors hold no id, no signature and no data', async () => {
  const { errors, hidden } = await output
  assert.ok(errors.length > 0)
  for (const error of errors) assert.deepEqual(hidden.filter(text => error.includes(text)), [], error)
})
