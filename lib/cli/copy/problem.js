'use strict'

/** What the user can mend: its message is all that the command says of it. */
module.exports = class Problem extends Error {}
