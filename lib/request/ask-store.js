'use strict'

const { asError } = require('../util/as-error')
const { onRejection } = require('../util/ask')
const { keepAsyncContext } = require('../util/async-context')
const debug = require('../util/debug')

module.exports = { askStore }

/**
 * Calls a store and passes its answer on once, whatever the store does: answer twice, throw, or, when
 * there is a time limit, not answer at all. An async function throws by a rejection. The answer comes in the async
 * context of the call.
 *
 * @param {number} timeout milliseconds; 0 for none
 * @param {any} self what the two functions, its methods, are called on
 * @param {(callback: (err?: any, value?: any) => void) => any} call makes the call with the callback that it is given
 * @param {(err?: any, value?: any) => void} done
 */
function askStore (timeout, self, call, done) {
  let answered = false
  let failed = false
  /** @type {NodeJS.Timeout|undefined} */
  let timer

  /**
   * @param {any} [err]
   * @param {any} [value]
   */
  function answer (err, value) {
    if (answered) {
      // What the app threw at the first answer comes back as an error of some stores (connect-redis).
      if (failed && err) {
        failed = false
        done.call(self, err)
      } else {
        debug('store answered more than once')
      }
      return
    }
    answered = true
    if (timer) clearTimeout(timer)
    failed = true
    done.call(self, err, value)
    failed = false
  }

  if (timeout) {
    timer = setTimeout(() => answer(timeoutError(timeout)), timeout)
  }

  try {
    onRejection(call.call(self, keepAsyncContext(answer)), err => answer(asError(err)))
  } catch (err) {
    if (failed) throw err // the app's, out of `done`
    if (answered) debug('store threw after it had answered')
    else answer(asError(err))
  }
}

/** @param {number} ms */
function timeoutError (ms) {
  /** @type {NodeJS.ErrnoException} */
  const err = new Error(`the session store has not answered within the storeTimeout of ${ms} ms`)
  err.code = 'ERR_SESSION_STORE_TIMEOUT'
  return err
}
