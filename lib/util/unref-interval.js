'use strict'

/**
 * An interval that does not keep the process alive. A DOM's timers, which tests install, have no `unref`.
 *
 * @param {() => void} work
 * @param {number} ms
 */
module.exports = function unrefInterval (work, ms) {
  const timer = setInterval(work, ms)
  if (typeof timer?.unref === 'function') timer.unref()
  return timer
}
