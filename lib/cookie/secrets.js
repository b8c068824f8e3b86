'use strict'

const { createHmac, KeyObject } = require('crypto')

module.exports = { keyBytes }

/**
 * The bytes of a secret.
 *
 * @param {string|ArrayBufferView|ArrayBuffer|import('crypto').KeyObject} secret
 * @return {Uint8Array}
 * @throws what `crypto.createHmac` throws at such a key
 */
function keyBytes (secret) {
  if (secret == null) throw new TypeError('Secret key must be provided.')
  createHmac('sha256', /** @type {any} */ (secret)) // throws at what is not a key
  if (typeof secret === 'string') return Buffer.from(secret)
  if (ArrayBuffer.isView(secret)) return new Uint8Array(secret.buffer, secret.byteOffset, secret.byteLength)
  if (secret instanceof KeyObject) return secret.export()
  if (typeof secret.byteLength === 'number') return new Uint8Array(secret) // an ArrayBuffer of any realm
  return KeyObject.from(/** @type {any} */ (secret)).export() // a CryptoKey
}
