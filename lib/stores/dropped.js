'use strict'

const DROPPED_CODE = 'ERR_SESSION_DESTROYED'

/**
 * What the save of a destroyed session is told. The end of a request says nothing of it: logout is final.
 *
 * @param {import('./engine').Engine} engine
 */
function droppedError ({ capabilities }) {
  const what = capabilities.dropsExpired ? 'destroyed, expired or evicted' : 'destroyed'
  /** @type {NodeJS.ErrnoException} */
  const err = new Error(`the session was ${what} after it had been loaded, and is not saved`)
  err.code = DROPPED_CODE
  return err
}

module.exports = { DROPPED_CODE, droppedError }
