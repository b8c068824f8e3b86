'use strict'

/* What the unit tests take from inside the package: the only file of the tests that knows where it is. */

const path = require('node:path')

const ROOT = path.join(__dirname, '..', '..')

module.exports = {
  /** The addon; undefined without the binary. */
  get native () { return require('../../lib/native').native ? require('../../binding') : undefined },
  get generateId () { return require('../../lib/native').generateId },
  get Keyring () { return require('../../lib/native').Keyring },
  get dataText () { return require('../../lib/session/serialize').dataText },
  get sameSnapshot () { return require('../../lib/session/snapshot').sameSnapshot },
  get snapshotOf () { return require('../../lib/session/snapshot').snapshotOf },
  get snapshotOfText () { return require('../../lib/session/snapshot').snapshotOfText },
  get settleShapes () { return require('../../lib/http/express-shapes').settleShapes },

  /** Where signatures are compared, in Rust. */
  SIGNATURE_SOURCE: path.join(ROOT, 'src', 'http', 'signature.rs')
}
