'use strict'

const DROPPED_CODE = 'ERR_SESSION_DESTROYED'

/** What the save of a destroyed session is told. The end of a request says nothing of it: logout is final. */
function droppedError () {
  /** @type {NodeJS.ErrnoException} */
  const err = new Error('the session was destroyed after it had been loaded, and is not saved')
  err.code = DROPPED_CODE
  return err
}

module.exports = { DROPPED_CODE, droppedError }
