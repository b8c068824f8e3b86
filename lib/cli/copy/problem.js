'use strict'

/** What the user can fix: its message is all that the command says of it. */
module.exports = class Problem extends Error {}
