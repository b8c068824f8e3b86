'use strict'

// What survives a loss of power: the log is synced before the answer. In its place lies a file that opens and cannot be synced,
// so an answer that comes without an error did not wait for the disk.

const assert = require('node:assert/strict')
const fs = require('node:fs')
const { test } = require('node:test')
const { needsBinary } = require('../helpers/binary')

if (needsBinary.skip) return test('durability', needsBinary)

const { DONE } = require('../../lib/stores/engine')
const { ask, look, put, START, writeOf } = require('../engines/ask')
const { newFile, sqlite } = require('../engines/sqlite')

const skip = process.platform !== 'linux' && 'needs a device that cannot be synced'
const failed = { code: 'ERR_SESSION_STORE_IO' }

/** An engine whose two connections have the log open, and what is to be destroyed. */
async function engineWithLog (durability, later) {
  const file = newFile()
  const engine = sqlite({ file, durability }, later)
  await put(engine, 'a')
  await ask(engine, 'destroy', 'other', START)
  fs.unlinkSync(`${file}-wal`)
  fs.symlinkSync('/dev/null', `${file}-wal`)
  return engine
}

for (const [way, later] of [['the event loop', false], ['the writer thread', true]]) {
  test(`a write on ${way} waits for the disk with durability "full" alone`, { skip }, async () => {
    const full = await engineWithLog('full', later)
    await assert.rejects(ask(full, 'commit', writeOf('a', { data: { n: 1 } })), failed)
    const normal = await engineWithLog('normal', later)
    assert.equal(await ask(normal, 'commit', writeOf('a', { data: { n: 1 } })), DONE)
    assert.equal((await look(normal, 'a')).n, 1)
  })

  for (const durability of ['full', 'normal']) {
    test(`destroy and clear on ${way} wait for the disk with durability "${durability}"`, { skip }, async () => {
      const engine = await engineWithLog(durability, later)
      await assert.rejects(ask(engine, 'destroy', 'a', START), failed)
      assert.equal(await look(engine, 'a'), undefined)
      await assert.rejects(ask(engine, 'clear', START), failed)
    })
  }
}
