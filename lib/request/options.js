'use strict'

const deprecate = require('depd')('express-session')
const { generateId, Keyring } = require('../native')
const MemoryStore = require('../stores/memory')
const { cookieOption } = require('./cookie-option')
const { holdOption } = require('./hold-headers')
const { warnOfLoneMemory } = require('./lone-memory')
const { onDisconnectOption } = require('./on-disconnect')
const { skipOption } = require('./skip')
const { touchAfterOption } = require('./touch-after')

module.exports = readOptions

/** @typedef {ReturnType<typeof readOptions> & {warnOfInsecureCookie: (req: any) => void}} Config */

/**
 * Checks the options of `session(options)` and gives them their defaults.
 *
 * @param {any} options
 * @throws {TypeError} with upstream's text where upstream has one
 */
function readOptions (options) {
  const opts = options || {}
  const { genid, secret, unset } = opts

  if (genid && typeof genid !== 'function') {
    throw new TypeError('genid option must be a function')
  }

  if (opts.resave === undefined) {
    deprecate('undefined resave option; provide resave option')
  }

  if (opts.saveUninitialized === undefined) {
    deprecate('undefined saveUninitialized option; provide saveUninitialized option')
  }

  if (unset && unset !== 'destroy' && unset !== 'keep') {
    throw new TypeError('unset option must be "destroy" or "keep"')
  }

  if (Array.isArray(secret) && secret.length === 0) {
    throw new TypeError('secret option array must contain one or more strings')
  }

  if (!secret) {
    deprecate('req.secret; provide secret option')
  }

  const name = opts.name || opts.key || 'connect.sid'
  if (typeof name !== 'string') {
    throw new TypeError('name option must be a string')
  }

  const store = storeOption(opts.store)

  return {
    cacheControl: flagOption('cacheControl', opts.cacheControl),
    clearCookie: flagOption('clearCookie', opts.clearCookie),
    cookie: cookieOption(name, opts.cookie),
    // A function of the app gets the request; ours takes nothing.
    generateId: genid || (() => generateId()),
    holdsHeaders: holdOption(opts.hold),
    name,
    onDisconnect: onDisconnectOption(opts.onDisconnect, store),
    openKeyring: secret ? ownKeyring(name, secret) : requestKeyring(name),
    resave: opts.resave === undefined || Boolean(opts.resave),
    rolling: Boolean(opts.rolling),
    saveUninitialized: opts.saveUninitialized === undefined || Boolean(opts.saveUninitialized),
    skip: skipOption(opts.skip),
    store,
    storeTimeout: storeTimeoutOption(opts.storeTimeout),
    touchAfter: touchAfterOption(opts.touchAfter, store),
    trustProxy: opts.proxy,
    unsetDestroy: unset === 'destroy'
  }
}

/** @param {any} store */
function storeOption (store) {
  if (!store) {
    warnOfLoneMemory()
    return new MemoryStore()
  }
  if (typeof store.on !== 'function') {
    throw new TypeError('store.on is not a function; the store option must be a session store')
  }
  return store
}

/**
 * @param {string} name
 * @param {any} value
 */
function flagOption (name, value) {
  if (value !== undefined && typeof value !== 'boolean') throw new TypeError(`${name} option must be true or false`)
  return value === true
}

/** @param {any} ms */
function storeTimeoutOption (ms) {
  if (ms === undefined || ms === null || ms === false) return 0
  if (typeof ms !== 'number' || !(ms >= 1 && ms <= 2 ** 31 - 1)) {
    throw new RangeError('storeTimeout option must be a number of milliseconds from 1 to 2147483647')
  }
  return ms
}

/**
 * Opens the keyring of the secret option. An app may rotate its secrets in the array that it gave.
 *
 * @param {string} name
 * @param {any} secret
 */
function ownKeyring (name, secret) {
  const secrets = Array.isArray(secret) ? secret : [secret]
  const keyringFor = latestKeyring(name)
  keyringFor(secrets) // throws what is wrong with them now
  return () => keyringFor(secrets)
}

/**
 * Opens the keyring of `req.secret`, which cookie-parser sets; undefined without one.
 *
 * @param {string} name
 */
function requestKeyring (name) {
  const keyringFor = latestKeyring(name)
  return (/** @type {any} */ req) => req.secret ? keyringFor([req.secret]) : undefined
}

/**
 * Makes a keyring of secrets, and gives it again while the secrets are the same.
 *
 * @param {string} name
 */
function latestKeyring (name) {
  /** @type {import('../cookie/plain-keyring').Keyring|undefined} */
  let keyring
  /** @type {any[]} */
  let known

  return function keyringFor (/** @type {any[]} */ secrets) {
    if (keyring === undefined || !sameMembers(known, secrets)) {
      keyring = new Keyring(name, secrets)
      known = [...secrets]
    }
    return keyring
  }
}

/**
 * @param {any[]} a
 * @param {any[]} b
 */
function sameMembers (a, b) {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false
  }
  return true
}
