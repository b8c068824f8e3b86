'use strict'

const fs = require('node:fs')
const path = require('node:path')
const vm = require('node:vm')
const { createRequire } = require('node:module')
const lib = require('./lib')

// express-session with one thing broken: what, file, the text, what stands there instead, and where it
// would take long to find it, a word of the scenarios that are about it.

const MUTANTS = [
  ['hash ignored', 'index.js', 'originalHash !== hash(sess)', 'false'],
  ['touch skipped', 'index.js', 'storeImplementsTouch && shouldTouch(req)', 'false'],
  ['touch of stores that have none', 'index.js', "typeof store.touch === 'function'", 'true', '[untouchable]'],
  [
    'cookie not sent again when rolling',
    'index.js',
    '? saveUninitializedSession || isModified(req.session)\n        : rollingSessions ||',
    '? saveUninitializedSession || isModified(req.session)\n        :'
  ],
  [
    'cookie sent again without expires',
    'index.js',
    'req.session.cookie.expires != null && isModified(req.session)',
    'isModified(req.session)'
  ],
  [
    'attributes of the cookie dropped',
    'index.js',
    'secrets[0], req.session.cookie.data)',
    'secrets[0], { path: req.session.cookie.path, expires: req.session.cookie.expires })'
  ],
  ['save skipped', 'index.js', 'if (shouldSave(req)) {', 'if (false) {'],
  ['saved every time', 'index.js', 'if (shouldSave(req)) {', 'if (true) {'],
  ["the app's cookies overwritten", 'index.js', "res.setHeader('Set-Cookie', header)", "res.setHeader('Set-Cookie', data)"],
  ['cookies in the wrong order', 'index.js', 'prev.concat(data) : [prev, data]', '[data].concat(prev) : [data, prev]'],
  ['resave ignored', 'index.js', 'if (!resaveSession) {', 'if (true) {'],
  ['saveUninitialized ignored', 'index.js', 'return !saveUninitializedSession && !savedHash', 'return !savedHash'],
  ['signature not verified', 'index.js', 'if (result !== false) {', "result = val.slice(0, val.lastIndexOf('.'))\n    if (true) {"],
  ['only the first secret tried', 'index.js', 'i < secrets.length', 'i < 1', 'each of the secrets'],
  [
    'signed with the last secret',
    'index.js',
    'setcookie(res, name, req.sessionID, secrets[0]',
    'setcookie(res, name, req.sessionID, secrets[secrets.length - 1]'
  ],
  ['the end not held back', 'index.js', 'function writetop() {', 'function writetop() {\n        writeend(); return ret;'],
  ['the last byte not held back', 'index.js', 'chunk.slice(0, chunk.length - 1)', 'chunk'],
  ['ENOENT is an error', 'index.js', "if (err && err.code !== 'ENOENT')", 'if (err)', 'get fails with ENOENT'],
  ['errors of save swallowed', 'index.js', 'req.session.save(function onsave(err) {', 'req.session.save(function onsave(err) { err = null'],
  ['errors of touch swallowed', 'index.js', 'function ontouch(err) {', 'function ontouch(err) { err = null', 'touch fails'],
  ['errors of destroy swallowed', 'index.js', 'function ondestroy(err) {', 'function ondestroy(err) { err = null', 'destroy fails'],
  ['disconnect ignored', 'index.js', 'storeReady = false', 'storeReady = true', 'disconnect and'],
  ['path ignored', 'index.js', "(resolvedCookieOptions.path || '/') !== 0", "('/') !== 0"],
  ['secure cookies always sent', 'index.js', 'req.session.cookie.secure && !issecure(req, trustProxy)', 'false'],
  ['the last of several protocols', 'index.js', 'header.substr(0, index)', 'header.substr(index + 1)', 'proxy true'],
  ['proxy: false ignored', 'index.js', 'if (trustProxy === false)', 'if (false)', 'proxy: false'],
  ['req.secure ignored', 'index.js', 'return req.secure === true', 'return false', 'TLS'],
  ["secure 'auto' ignored", 'index.js', 'req.session.cookie.secure = isSecure', 'req.session.cookie.secure = false', 'TLS'],
  ["sameSite 'auto' the wrong way round", 'index.js', "isSecure ? 'none' : 'lax'", "isSecure ? 'lax' : 'none'", 'sameSite is'],
  ['unset ignored', 'index.js', "opts.unset === 'destroy'", 'false'],
  ['a forged id kept', 'index.js', "debug('cookie signature invalid');\n          val = undefined;", "val = raw.slice(2).split('.')[0];"],
  ['signedCookies ignored', 'index.js', 'if (!val && req.signedCookies)', 'if (false)', 'cookie-parser'],
  ['cookies ignored', 'index.js', 'if (!val && req.cookies)', 'if (false)', 'cookie-parser'],
  ['key ignored', 'index.js', 'opts.name || opts.key ||', 'opts.name ||'],
  [
    'the change of a nested value not seen',
    'index.js',
    "if (this === sess && key === 'cookie') {",
    "if (key === 'cookie' || (this !== sess && key !== '')) {",
    'deep change'
  ],
  ['the change of the cookie is a change', 'index.js', "if (this === sess && key === 'cookie') {", 'if (false) {'],
  [
    'saved without a string for an id',
    'index.js',
    "if (typeof req.sessionID !== 'string') {\n        debug('session ignored because of bogus req.sessionID %o', req.sessionID);\n        return false;\n      }\n\n      return !save",
    'return !save',
    'number for an id'
  ],
  ['explicit saves not noticed', 'index.js', 'savedHash = hash(this);', ''],
  ['reload does not watch the new session', 'index.js', 'if (req.session !== sess) {', 'if (false) {', 'reload'],
  ['req.session overwritten', 'index.js', 'if (req.session) {\n      next()', 'if (false) {\n      next()', 'there already'],
  ['headers get no cookie after flushHeaders', 'index.js', 'onHeaders(res, function(){', 'onHeaders(res, function(){ if (!ended) return;'],
  ['expiry not renewed', 'session/session.js', 'return this.resetMaxAge();', 'return this;'],
  ['destroy leaves req.session', 'session/session.js', 'delete this.req.session;', '', 'destroy'],
  [
    'keys of the prototype not dropped',
    'session/session.js',
    'if (!(prop in this)) {',
    "if (prop !== 'cookie' || !(prop in this)) {",
    'prototype'
  ],
  [
    'reload of nothing is no error',
    'session/session.js',
    "if (!sess) return fn(new Error('failed to load session'));",
    'if (!sess) return fn();'
  ],
  ['req enumerable', 'session/session.js', "'id', { value: req.sessionID }", "'id', { value: req.sessionID, enumerable: true }"],
  ['regenerate destroys nothing', 'session/store.js', 'this.destroy(req.sessionID, function', "this.destroy('nobody', function"],
  ['regenerate loses the error', 'session/store.js', 'fn(err);\n  });\n};\n\n/**\n * Load', 'fn();\n  });\n};\n\n/**\n * Load'],
  ['originalMaxAge not restored', 'session/store.js', 'sess.cookie.originalMaxAge = originalMaxAge', '', 'createSession'],
  ['expires stays a string', 'session/store.js', "if (typeof expires === 'string') {", 'if (false) {'],
  ['httpOnly off by default', 'session/cookie.js', 'this.httpOnly = true;', 'this.httpOnly = false;'],
  ['priority lost', 'session/cookie.js', 'priority: this.priority', 'priority: undefined', 'priority'],
  ['partitioned lost', 'session/cookie.js', 'partitioned: this.partitioned,', ''],
  ['sessions do not expire', 'session/memory.js', 'expires <= Date.now()', 'false', 'expires'],
  ['sessions expire a millisecond late', 'session/memory.js', 'expires <= Date.now()', 'expires < Date.now()', 'a session expires'],
  [
    'touch stores the data',
    'session/memory.js',
    'currentSession.cookie = session.cookie',
    'currentSession = session',
    'store.touch of a changed'
  ],
  ['touch stores nothing', 'session/memory.js', 'currentSession.cookie = session.cookie', '', 'maxAge 60000'],
  [
    'touch makes sessions',
    'session/memory.js',
    'if (currentSession) {\n    // update',
    'currentSession = currentSession || session\n  if (true) {\n    // update',
    'store.touch of one'
  ],
  [
    'MemoryStore calls back at once',
    'session/memory.js',
    'defer(callback, null, getSession.call(this, sessionId))',
    'callback(null, getSession.call(this, sessionId))'
  ]
]

const root = path.dirname(require.resolve('express-session'))

function load ([, file, text, instead]) {
  const target = path.join(root, file)
  const loaded = new Map()
  function requireFile (full) {
    if (loaded.has(full)) return loaded.get(full).exports
    let source = fs.readFileSync(full, 'utf8')
    if (full === target) {
      if (!source.includes(text)) throw new Error(`${file} has no ${text}`)
      source = source.replace(text, () => instead)
    }
    const module = { exports: {} }
    loaded.set(full, module)
    const outside = createRequire(full)
    const run = vm.runInThisContext(`(function (exports, require, module) {${source}\n})`, { filename: full })
    run(
      module.exports,
      (name) => (name.startsWith('.') ? requireFile(require.resolve(path.join(path.dirname(full), name))) : outside(name)),
      module
    )
    return module.exports
  }
  return lib.describe('mutant', requireFile(path.join(root, 'index.js')))
}

module.exports = { MUTANTS, load }
