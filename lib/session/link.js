'use strict'

/*
 * How a session finds the request that loaded it. Each session middleware attaches its context to the request; see
 * request/context.js. A session needs four methods of it: `save`, `hasRead`, `reloaded` and `learnRevision`.
 */

/**
 * @typedef {object} Context
 * @property {any} config the middleware's
 * @property {any} store
 * @property {Context|undefined} outer the context of another middleware on the same request
 * @property {boolean} hasStarted the request has had a session of this middleware
 * @property {string|undefined} originalId
 * @property {(session: any, callback?: (err?: any) => void) => void} save
 * @property {(sid: string, data: any) => void} hasRead
 * @property {() => void} reloaded
 * @property {(sid: string, revision: any) => void} learnRevision
 */

/** A symbol: nothing that walks a request's properties sees it. */
const CONTEXT = Symbol('express-session')

/**
 * Makes `context` the newest of its request. It takes the place of an older one of the same middleware.
 *
 * @param {any} req
 * @param {Context} context
 */
function attach (req, context) {
  const outer = req[CONTEXT]
  context.outer = outer && outer.config === context.config ? outer.outer : outer
  req[CONTEXT] = context
}

/**
 * The context that loaded or made `session`. A session that the app regenerated has none.
 *
 * @param {any} session
 */
function contextOf (session) {
  const { req, id } = session
  let context = req && req[CONTEXT]
  while (context && context.originalId !== id) context = context.outer
  return context
}

/**
 * The context of the middleware on `store` that `req` went through last.
 *
 * @param {any} req
 * @param {any} store
 */
function contextOn (req, store) {
  let context = req[CONTEXT]
  while (context && context.store !== store) context = context.outer
  return context
}

/**
 * The context of the middleware that `req` went through last.
 *
 * @param {any} req
 * @return {Context}
 */
function newestContext (req) {
  return req[CONTEXT]
}

module.exports = { attach, contextOf, contextOn, newestContext }
