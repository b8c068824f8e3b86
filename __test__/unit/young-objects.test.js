'use strict'

// What a request has made is collected with the young objects. V8 puts a function that is assigned to a property as a literal
// among the old ones. Then everything that it can reach stays until those are collected.

const assert = require('node:assert/strict')
const { execFile } = require('node:child_process')
const { test } = require('node:test')
const { promisify } = require('node:util')

const fixture = require.resolve('./fixtures/young-objects')

/** Far less than a session of the fixture takes, and more than what collections leave by chance. */
const FEW = 1000

for (const kind of ['memory', 'async', 'foreign']) {
  for (const options of [{}, { hold: 'headers' }, { touchAfter: 60, clearCookie: true, cacheControl: true }]) {
    test(`requests leave nothing among the old objects: ${kind} store, ${JSON.stringify(options)}`, async () => {
      const flags = ['--expose-gc', '--no-opt', '--max-semi-space-size=1']
      const { stdout } = await promisify(execFile)(process.execPath, [...flags, fixture, kind, JSON.stringify(options)])
      const { grown, collections } = JSON.parse(stdout)
      assert.equal(collections, 0, 'what was there is still counted')
      assert.ok(grown < FEW, `${Math.round(grown)} bytes a request`)
    })
  }
}
