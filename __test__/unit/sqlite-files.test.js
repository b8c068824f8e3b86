'use strict'

// Files that can not be used: each error names the file and says what to do. What can be used is safe.

const assert = require('node:assert/strict')
const { execFileSync, spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { test } = require('node:test')
const { needsBinary } = require('../helpers/binary')

if (needsBinary.skip) return test('SQLite files', needsBinary)

const session = require('../..')
const { refuseNetworkFile } = require('../../lib/stores/sqlite/network-file')
const { ask } = require('../helpers/calls')
const { newFile, root } = require('../engines/sqlite')

const PLATFORM = Object.getOwnPropertyDescriptor(process, 'platform')
const isRoot = process.getuid?.() === 0
const isLinux = process.platform === 'linux'

function open (t, options) {
  const store = new session.SQLiteStore(options)
  t.after(() => store.close())
  return store
}

/** Opens a file and gives the error, which must name it. */
function refused (file, code) {
  let error
  assert.throws(() => new session.SQLiteStore({ file }), err => {
    error = err
    return true
  })
  assert.ok(error instanceof Error)
  assert.equal(error.code, code, error.message)
  assert.ok(error.message.includes(file), error.message)
  return error.message
}

/** Closes a store and waits until its thread has let go of the file. */
async function closed (store, file) {
  store.close()
  while (fs.existsSync(file + '-wal')) await new Promise(resolve => setTimeout(resolve, 5))
}

test('the file and its log are for their owner alone', { skip: process.platform === 'win32' }, async t => {
  const file = newFile()
  const store = open(t, { file })
  await ask(store, 'set', 'a', { cookie: {} })
  for (const end of ['', '-wal', '-shm']) assert.equal(fs.statSync(file + end).mode & 0o777, 0o600, end)
})

test('a folder that does not exist', () => {
  assert.match(refused(path.join(root, 'none', 'a.db'), 'ERR_SESSION_STORE_OPEN'), /[Cc]reate the folder/)
})

test('a folder in place of a file', () => {
  refused(root, 'ERR_SESSION_STORE_OPEN')
})

test('a file that is no database', () => {
  for (const content of ['no database at all, but a text that is long enough', 'SQLite format 3\0' + 'x'.repeat(5000)]) {
    const file = newFile()
    fs.writeFileSync(file, content)
    refused(file, 'ERR_SESSION_STORE_NOT_A_DATABASE')
    assert.equal(fs.readFileSync(file, 'utf8'), content, 'it is left as it is')
  }
})

test('an empty file is a new one', async t => {
  const file = newFile()
  fs.writeFileSync(file, '')
  await ask(open(t, { file }), 'set', 'a', { cookie: {} })
})

/** Changes the four bytes of a number in the header of a database that nobody uses. */
function patch (file, at, number) {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(number)
  const descriptor = fs.openSync(file, 'r+')
  fs.writeSync(descriptor, bytes, 0, 4, at)
  fs.closeSync(descriptor)
}

test('a database of another program', async t => {
  const file = newFile()
  await closed(open(t, { file }), file)
  patch(file, 68, 0) // application_id
  const before = fs.readFileSync(file)
  assert.match(refused(file, 'ERR_SESSION_STORE_FOREIGN'), /another program/)
  assert.deepEqual(fs.readFileSync(file), before)
})

test('a newer schema', async t => {
  const file = newFile()
  await closed(open(t, { file }), file)
  patch(file, 60, 999) // user_version
  assert.match(refused(file, 'ERR_SESSION_STORE_NEWER'), /later release/)
})

const NOBODY = 65534

/** Opens files as a user without rights. It is ended before it drops its own: what it loads may be root's alone. */
const AS_NOBODY = `
  const session = require(process.argv[1])
  new session.SQLiteStore({ file: process.argv[2] }).close()
  process.setgroups([])
  process.setegid(${NOBODY})
  process.seteuid(${NOBODY})
  console.log(JSON.stringify(process.argv.slice(3).map(file => {
    try {
      new session.SQLiteStore({ file }).close()
      return {}
    } catch ({ code, message }) {
      return { code, message }
    }
  })))`

function refusedToNobody (files) {
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', AS_NOBODY, path.join(__dirname, '../..'), newFile(), ...files], { encoding: 'utf8' })
  assert.ok(stdout, stderr)
  return JSON.parse(stdout)
}

const PERMISSIONS = ['PERMISSION', 'PERMISSION', 'READONLY', 'PERMISSION'].map(code => 'ERR_SESSION_STORE_' + code)

test('no permission', { skip: process.platform === 'win32' }, async t => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sqlite-permission-'))
  t.after(() => {
    fs.chmodSync(folder, 0o700)
    fs.rmSync(folder, { recursive: true })
  })
  const [unreadable, unwritable, open, missing] = ['unreadable', 'unwritable', 'open', 'missing'].map(name => path.join(folder, name))
  for (const file of [unreadable, unwritable, open]) await closed(new session.SQLiteStore({ file }), file)
  fs.chmodSync(unreadable, 0o000)
  fs.chmodSync(unwritable, 0o444)
  fs.chmodSync(open, 0o666)
  fs.chmodSync(folder, 0o555) // no log beside the file
  const files = [unreadable, unwritable, open, missing]
  if (!isRoot) {
    for (const [at, file] of files.entries()) refused(file, PERMISSIONS[at])
    return
  }
  for (const [at, { code, message }] of refusedToNobody(files).entries()) {
    assert.equal(code, PERMISSIONS[at], files[at])
    assert.ok(message.includes(files[at]), message)
    assert.match(message, /user that runs this process/)
  }
})

test('a damaged page is an error of the calls that meet it', async t => {
  const file = newFile()
  const store = open(t, { file })
  for (let n = 0; n < 500; n++) await ask(store, 'set', 'a' + n, { cookie: {}, pad: 'x'.repeat(200) })
  await closed(store, file)
  const bytes = fs.readFileSync(file)
  bytes.fill(0xee, 4096 * 2)
  fs.writeFileSync(file, bytes)
  const damaged = await attempt(async () => {
    const store = open(t, { file })
    for (let n = 0; n < 500; n++) await ask(store, 'get', 'a' + n)
  })
  assert.equal(damaged?.code, 'ERR_SESSION_STORE_CORRUPT')
  assert.match(damaged.message, /\.recover/)
  assert.ok(damaged.message.includes(file))
})

async function attempt (run) {
  try {
    await run()
  } catch (err) {
    return err
  }
}

for (const [type, name] of [[0x6969, 'NFS'], [0xff534d42, 'CIFS'], [-11317950, 'CIFS'], [0x01021997, '9P']]) {
  test(`a network file system is refused (${type})`, { skip: !isLinux }, t => {
    t.mock.method(fs, 'statfsSync', () => ({ type }))
    const file = newFile()
    const message = refused(file, 'ERR_SESSION_STORE_FILE_SYSTEM')
    assert.ok(message.includes(name))
    assert.ok(!fs.existsSync(file))
  })
}

test('a network share of Windows is refused', t => {
  Object.defineProperty(process, 'platform', { ...PLATFORM, value: 'win32' })
  t.after(() => Object.defineProperty(process, 'platform', PLATFORM))
  for (const file of ['\\\\server\\share\\a.db', '//server/share/a.db', '\\\\?\\UNC\\server\\share\\a.db']) {
    assert.throws(() => refuseNetworkFile(file), { code: 'ERR_SESSION_STORE_FILE_SYSTEM' }, file)
  }
  for (const file of ['C:\\a.db', 'C:/a.db', '\\\\?\\C:\\a.db', '\\\\.\\C:\\a.db']) refuseNetworkFile(file)
})

/** A small disk of its own. */
function smallDisk (t, options) {
  const folder = fs.mkdtempSync(path.join(root, 'disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder])
  t.after(() => execFileSync('umount', ['-l', folder]))
  return folder
}

/** Bounds the size of files that this process writes. Only the soft limit, which may be raised again. */
function limitFiles (bytes) {
  execFileSync('prlimit', ['--pid', process.pid, `--fsize=${bytes}:`])
}

const canLimit = isLinux && spawnSync('prlimit', ['--version']).status === 0

const canMount = (() => {
  if (!isRoot || !isLinux) return false
  try {
    const folder = fs.mkdtempSync(path.join(root, 'try-'))
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', folder], { stdio: 'ignore' })
    execFileSync('umount', [folder])
    return true
  } catch {
    return false
  }
})()

/** Fills the disk of a store until a set fails, and makes room. */
async function fill (t, file, code, makeRoom) {
  const store = open(t, { file })
  await ask(store, 'set', 'a', { cookie: {}, n: 1 })
  await ask(store, 'set', 'out', { cookie: {} })
  await ask(store, 'destroy', 'out')

  let failed
  let stored = 1
  while (failed === undefined && stored < 5000) {
    failed = await attempt(() => ask(store, 'set', 'b' + stored, { cookie: {}, pad: 'x'.repeat(2000) }))
    if (failed === undefined) stored++
  }
  assert.equal(failed?.code, code, failed?.message)
  assert.ok(failed.message.includes(file))
  assert.match(failed.message, /full/)
  const again = await attempt(() => ask(store, 'set', 'a', { cookie: {}, n: 2, pad: 'x'.repeat(20_000) }))
  assert.ok(again instanceof Error)
  assert.equal((await ask(store, 'get', 'a')).n, 1)

  makeRoom()
  await ask(store, 'set', 'a', { cookie: {}, n: 3 })
  assert.equal((await ask(store, 'get', 'a')).n, 3)
  assert.equal((await ask(store, 'get', 'b1')).pad.length, 2000)
  assert.equal(await ask(store, 'get', 'out'), undefined)
  await closed(store, file)
  assert.equal(open(t, { file }).stats().sessions, stored)
}

test('a disk that is full: an error, the old session kept, and with room it works again', { skip: !canMount && 'needs to mount a disk' }, async t => {
  const folder = smallDisk(t, 'size=4m')
  const other = path.join(folder, 'other')
  fs.writeFileSync(other, Buffer.alloc(1_500_000))
  await fill(t, path.join(folder, 'sessions.db'), 'ERR_SESSION_STORE_FULL', () => fs.rmSync(other))
})

test('a quota that is met: the same', { skip: !canLimit && 'needs prlimit' }, async t => {
  limitFiles('1000000')
  t.after(() => limitFiles('unlimited'))
  await fill(t, newFile(), 'ERR_SESSION_STORE_IO', () => limitFiles('unlimited'))
})

test('read-only media', { skip: !canMount && 'needs to mount a disk' }, t => {
  const folder = smallDisk(t, 'size=4m')
  execFileSync('mount', ['-o', 'remount,ro', folder])
  refused(path.join(folder, 'sessions.db'), 'ERR_SESSION_STORE_READONLY')
})

test('a sparse file of 5 GB is read and written', { skip: process.platform === 'win32' }, async t => {
  // A database most of which was never written: new pages come behind that.
  const file = newFile()
  const size = 5 * 2 ** 30
  await closed(open(t, { file }), file)
  fs.truncateSync(file, size)
  patch(file, 28, size / 4096) // its size in pages
  const before = fs.statSync(file).blocks
  const store = open(t, { file })
  for (let n = 0; n < 100; n++) await ask(store, 'set', 'a' + n, { cookie: {}, n })
  for (let n = 0; n < 100; n++) assert.equal((await ask(store, 'get', 'a' + n)).n, n)
  await closed(store, file)
  assert.ok(fs.statSync(file).size > size)
  assert.ok(fs.statSync(file).blocks < before + 1000, 'it is still sparse')
  assert.equal((await ask(open(t, { file }), 'get', 'a99')).n, 99)
})
