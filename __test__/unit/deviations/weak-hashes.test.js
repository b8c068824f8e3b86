'use strict'

// No SHA-1 and no MD5 at run time; FIPS mode.

const assert = require('node:assert/strict')
const { execFile, execFileSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { promisify } = require('node:util')
const { SIGNATURE_SOURCE } = require('../../helpers/internals')
const { deviation, underTest } = require('../../helpers/subject')

const app = path.join(__dirname, '../fixtures/no-weak-hashes.js')
const run = async args => (await promisify(execFile)(process.execPath, [...args, app], { timeout: 30_000 })).stdout.trim()

function fipsIsMissing () {
  try {
    execFileSync(process.execPath, ['--force-fips', '-e', ''], { stdio: 'ignore' })
    return false
  } catch {
    return 'this build of Node has no FIPS module'
  }
}

deviation('Sessions need no SHA-1 and no MD5', async () => {
  assert.equal(await run([]), 'done')
})

deviation('Sessions work with node --force-fips', { skip: fipsIsMissing() }, async () => {
  assert.equal(await run(['--force-fips']), 'done')
})

deviation('Signatures are compared in constant time, with every key', () => {
  const [file, end] = underTest === 'express-session'
    ? [require.resolve('cookie-signature', { paths: [path.dirname(require.resolve('express-session'))] }), 'function sha1']
    : [SIGNATURE_SOURCE, '#[cfg(test)]']
  const source = fs.readFileSync(file, 'utf8')
  const body = source.slice(source.lastIndexOf('unsign', source.indexOf(end) === -1 ? undefined : source.indexOf(end)), source.indexOf(end))
  assert.match(body, /verify_slice|ct_eq|timingSafeEqual/)
  assert.doesNotMatch(body, /\breturn\b|\bbreak\b|\.any\(|\.all\(/, 'no way out before the last key')
})
