'use strict'

/*
 * What a request and a store tell each other beside the arguments of `get` and `set`: those methods belong to
 * express-session's contract, and apps wrap them. Foreign stores never look here.
 */

/** @type {WeakMap<object, unknown>} the revision of each session that a store's `get` gave, as data */
const revisions = new WeakMap()
/** @type {WeakMap<object, Knowledge>} for the sessions that a request is saving */
const saving = new WeakMap()
/** @type {WeakMap<object, number>} for the sessions that are stored with a later expiry than their clients know */
const slacks = new WeakMap()

/**
 * @typedef {object} Knowledge what a request knows of a session that it saves
 * @property {any} revision see stores/engine.js; the store puts the new one here
 * @property {unknown} hint where the engine has seen the session
 * @property {number} rank
 */

/**
 * @param {any} data
 * @param {any} revision
 */
function setRevision (data, revision) {
  if (typeof data === 'object' && data !== null) revisions.set(data, revision)
}

/** @param {any} data */
function revisionOf (data) {
  return revisions.get(data)
}

/**
 * @param {any} session
 * @param {Knowledge} knowledge for the store's `set`, until `takeBack`
 */
function handDown (session, knowledge) {
  saving.set(session, knowledge)
}

/**
 * @param {any} session
 * @param {Knowledge} knowledge
 */
function takeBack (session, knowledge) {
  if (saving.get(session) === knowledge) saving.delete(session)
}

/**
 * @param {any} session
 * @return {Knowledge|undefined} undefined when no request saves the session: the app has called `set` itself
 */
function knowledgeOf (session) {
  return saving.get(session)
}

/**
 * @param {any} session
 * @param {number} ms
 */
function setSlack (session, ms) {
  slacks.set(session, ms)
}

/**
 * How much later than its client knows a session expires, in ms; see request/touch-after.js.
 *
 * @param {any} session
 */
function slackOf (session) {
  return slacks.get(session) || 0
}

module.exports = { handDown, knowledgeOf, revisionOf, setRevision, setSlack, slackOf, takeBack }
