'use strict'

/** An interval that keeps no process alive. (Where tests have put a DOM's timers, there is no unref.) */
module.exports = function background (work, ms) {
  const timer = setInterval(work, ms)
  if (typeof timer.unref === 'function') timer.unref()
  return timer
}
