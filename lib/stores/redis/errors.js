'use strict'

/*
 * What a store says of a server's or a client's error: what is wrong, where, and what to do. An error never contains a
 * session or an id. At most it names the prefix of the keys.
 */

const FOREIGN = 'ERR_SESSION_FOREIGN_VALUE'
const CLIENT = 'ERR_SESSION_CLIENT'
const DOWN = 'ERR_SESSION_STORE_DISCONNECTED'
/** The code that a middleware's storeTimeout has too (request/ask-store.js). */
const TIMEOUT = 'ERR_SESSION_STORE_TIMEOUT'

/** What servers and clients say of a connection that waits for messages only. */
const SUBSCRIBED = /subscriber mode|\(P(\|S)?\)SUBSCRIBE|pubsub mode/i
const CLOSED = /^(the client is closed|connection is closed)/i

/** A server's own error begins with a word in capitals. These say that it serves nobody now. */
const ANSWER = /^(?!LOADING|CLUSTERDOWN|MASTERDOWN)[A-Z]+ /

/**
 * @param {string} code
 * @param {string} message
 * @return {Error & {code: string}}
 */
function storeError (code, message) {
  return Object.assign(new Error(message), { code })
}

/**
 * The error that a caller gets for one of a client.
 *
 * @param {any} err
 * @param {string} prefix
 * @return {Error}
 */
function explain (err, prefix) {
  if (!(err instanceof Error)) return storeError(CLIENT, `the Redis client failed: ${typeof err}`)
  const { message } = err
  if (/WRONGTYPE/.test(message)) return foreignType(prefix)
  if (SUBSCRIBED.test(message)) {
    return storeError(CLIENT, 'the client of RedisStore is subscribed to channels, and takes no other commands: ' +
      'subscribe with client.duplicate()')
  }
  if (CLOSED.test(message)) {
    return storeError(CLIENT, 'the client of RedisStore is closed: await client.connect() before the first request, and ' +
      'close the client after the last')
  }
  hideArguments(err)
  return err
}

/**
 * Whether an error is what a server has said of a command.
 *
 * @param {any} err
 */
function isAnswer (err) {
  return err instanceof Error && ANSWER.test(err.message)
}

/**
 * Whether an error says that no server has answered. One that the client gives because of what the app does with it says
 * nothing of servers.
 *
 * @param {any} err
 */
function isSilence (err) {
  return err instanceof Error && !ANSWER.test(err.message) && !SUBSCRIBED.test(err.message) && !CLOSED.test(err.message)
}

/**
 * ioredis hands out the command with an error: the session that was to be stored.
 *
 * @param {any} err
 */
function hideArguments (err) {
  if (err.command && err.command.args) err.command = { name: err.command.name }
  if (Array.isArray(err.errors)) err.errors.forEach(hideArguments)
}

/** @param {string} prefix */
function foreignType (prefix) {
  return storeError(FOREIGN, `the key of a session holds a hash, a list or another type, not a text. ${remedy(prefix)}`)
}

/**
 * What to do about a value that this store has not written.
 *
 * @param {string} prefix
 */
function remedy (prefix) {
  return `Something else writes keys that begin with ${JSON.stringify(prefix)}: give RedisStore a prefix of its own, ` +
    'or delete such keys'
}

function inTransaction () {
  return storeError(CLIENT, 'the client of RedisStore is in the middle of MULTI, and queues commands: ' +
    'use client.duplicate() for transactions')
}

function disconnected () {
  return storeError(DOWN, 'the session store has lost its Redis server')
}

/** @param {number} ms */
function timedOut (ms) {
  return storeError(TIMEOUT, `Redis has not answered within the storeTimeout of ${ms} ms`)
}

module.exports = { disconnected, explain, inTransaction, isAnswer, isSilence, remedy, timedOut }
