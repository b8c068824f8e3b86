'use strict'

// What is drained from a queue of removals is given back to the system, not only counted as free.

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const path = require('node:path')
const { test } = require('node:test')
const { needsBinary } = require('../helpers/binary')

const isGlibc = process.platform === 'linux' && Boolean(process.report.getReport().header.glibcVersionRuntime)
const skip = needsBinary.skip || (!isGlibc && 'other allocators than glibc\'s give memory back by themselves')

test('hundreds of megabytes of removals, drained or watched no more, are given back to the system', { skip }, () => {
  const { stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', path.join(__dirname, 'fixtures/drained.js')], { encoding: 'utf8' })
  const { full, drained } = JSON.parse(stdout || assert.fail(stderr))
  assert.ok(full > 200, `${full} MB in the queues`)
  assert.ok(drained < full / 3, `${drained} of ${full} MB are left`)
})
