'use strict'

module.exports = { warn, warnOf }

/**
 * Emits a process warning with a code.
 *
 * @param {string} code
 * @param {string} text
 */
function warn (code, text) {
  process.emitWarning(text, { type: 'SessionWarning', code })
}

/**
 * Emits a warning of what an app threw where no callback can take it. An app may throw anything.
 *
 * @param {unknown} thrown
 */
function warnOf (thrown) {
  try {
    process.emitWarning(thrown instanceof Error ? thrown : String(thrown))
  } catch {
    // It has no text, or is an Error of another realm.
    process.emitWarning('a session store\'s listener or dispose function threw a value that can not be shown')
  }
}
