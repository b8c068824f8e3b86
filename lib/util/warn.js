'use strict'

const { asError } = require('./as-error')

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
  const error = asError(thrown)
  try {
    process.emitWarning(error instanceof Error ? error : String(error))
  } catch {
    process.emitWarning(String(error)) // an Error of another realm
  }
}
