'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { test } = require('node:test')
const { needsBinary } = require('../helpers/binary')

if (needsBinary.skip) return test('kill -9', needsBinary)

const { readJournal } = require('../crash/journal')
const { kill, killAtRandom, start } = require('../crash/kill')

function newFolder (t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sqlite-kill-'))
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}

// `npm run test:crash` does the same 200 times.
test('kill -9 at random moments loses nothing that was answered', async () => {
  const { kills, answers, problems } = await killAtRandom(5, 60_000)
  assert.deepEqual(problems, [])
  assert.equal(kills, 5)
  assert.ok(answers > 0)
})

test('a process goes on with a journal whose last line a kill has cut off', async t => {
  const folder = newFolder(t)
  const file = path.join(folder, 'journal-0')
  fs.writeFileSync(file, '["I","0.0.1",5]\n["A","0.0.')
  const child = start(folder, 0)
  await child.ready // by then it has noted what became of the write
  await kill(child)
  assert.ok(readJournal(file).answers > 0)
})

test('a process that somebody else has killed is a problem, and not waited for', async t => {
  const child = start(newFolder(t), 0)
  await child.ready
  const closed = once(child, 'close')
  process.kill(child.pid, 'SIGKILL')
  await closed
  await assert.rejects(kill(child), /process 0 has ended \(SIGKILL\)/)
})
