'use strict'

const { sameSnapshot } = require('../session/snapshot')

/*
 * What becomes of a session and its cookie: upstream's rules, as pure functions. A rule gives true, false, or
 * IF_MODIFIED, because finding out whether a session was modified takes longest.
 */

const IF_MODIFIED = Symbol('if modified')

/** What the end of a request does with its session. */
const NOTHING = 'nothing'
const DESTROY = 'destroy'
const SAVE = 'save'
const TOUCH = 'touch'

/**
 * Whether the response sets the cookie.
 *
 * @param {import('./options').Config} config the middleware's: `rolling`, `saveUninitialized`
 * @param {boolean} isReturning the client's cookie names this very session
 * @param {boolean} hasExpiry the cookie has an expiry
 */
function setCookieRule (config, isReturning, hasExpiry) {
  if (!isReturning) return config.saveUninitialized || IF_MODIFIED
  return config.rolling || (hasExpiry && IF_MODIFIED)
}

/**
 * Whether a session is saved only if it was modified. If false, it is saved unless it was already saved with the same data.
 *
 * @param {import('./options').Config} config
 * @param {boolean} isReturning
 * @param {boolean} wasSaved the session has been saved before, or came from the store with resave off
 */
function savesOnlyIfModified (config, isReturning, wasSaved) {
  return !config.saveUninitialized && !wasSaved && !isReturning
}

/**
 * Whether a session is not as it came.
 *
 * @param {string} originalId
 * @param {unknown[]} original snapshot of the session as it came
 * @param {string} id
 * @param {unknown[]} snapshot of the session now
 */
function isModified (originalId, original, id, snapshot) {
  return originalId !== id || !sameSnapshot(original, snapshot)
}

/**
 * Whether a session is as it was saved; `saved` is undefined when it was not.
 *
 * @param {string} originalId
 * @param {unknown[]|undefined} saved
 * @param {string} id
 * @param {unknown[]} snapshot
 */
function isSaved (originalId, saved, id, snapshot) {
  return originalId === id && saved !== undefined && sameSnapshot(saved, snapshot)
}

module.exports = {
  DESTROY, IF_MODIFIED, isModified, isSaved, NOTHING, SAVE, savesOnlyIfModified, setCookieRule, TOUCH
}
