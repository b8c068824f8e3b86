'use strict'

/*
 * What a request and a store tell each other beside the arguments of `get` and `set`: those methods belong to
 * express-session's contract, and apps wrap them. Foreign stores never look here.
 */

const hidden = require('../util/hidden')

/** The revision of each object that a store's `get` gave or its `set` stored. */
const revisions = hidden()
/** The {@link Knowledge} of the sessions that a request is saving. */
const saving = hidden()
/** How much later than their clients know some sessions expire. */
const slacks = hidden()

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
  revisions.set(data, revision)
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
  if (saving.get(session) === knowledge) saving.set(session, undefined)
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
