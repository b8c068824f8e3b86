'use strict'

/* What the unit tests take from inside the package: the only file of the tests that knows where it is. */

const path = require('node:path')

const ROOT = path.join(__dirname, '..', '..')

module.exports = {
  /** The addon. */
  get native () { return require('../../session/native') },
  get generateId () { return require('../../session/native').generateId },
  get Keyring () { return require('../../session/keyring') },
  get dataText () { return require('../../session/serialize').dataText },
  get sameState () { return require('../../session/state').sameState },
  get stateOf () { return require('../../session/state').stateOf },
  get settleShapes () { return require('../../session/shape').settleShapes },

  /** Where signatures are compared, in Rust. */
  SIGNATURE_SOURCE: path.join(ROOT, 'src', 'http', 'signature.rs')
}
