'use strict'

const { createHmac, KeyObject } = require('crypto')
const native = require('./native')

/** Numbers that the engine puts down when it opens a header: the calls' results alone would take longer. */
const { IdAt: ID_AT, IdLength: ID_LENGTH, SealedLength: SEALED_LENGTH } = native.NumberAt
/** What stands before the id then: `s:`, URI-encoded. */
const SEALED = 's%3A'

/**
 * The secrets of a middleware, prepared once: the first signs, all verify.
 * Signatures are those of cookie-signature. Private fields, so that nothing prints the secrets.
 */
class Keyring {
  #numbers = native.createNumbers()
  #secrets
  #handle
  #calls
  #engine
  #load

  /**
   * @param {string} name of the cookie
   * @param {Array} secrets strings, Buffers, TypedArrays, DataViews, ArrayBuffers or KeyObjects
   * @throws what `crypto.createHmac` throws at such a key
   */
  constructor (name, secrets) {
    this.#secrets = [...secrets]
    this.#handle = native.createKeyring(this.#numbers, name, this.#secrets.map(keyBytes))
    this.#calls = native.bindKeyring(this.#handle)
  }

  /** The engine's function that opens a `Cookie` header and reads the session; of one store, nearly always. */
  loaderOf (engine) {
    if (this.#engine !== engine) {
      this.#engine = engine
      this.#load = native.bindLoad(engine.handle, this.#handle)
    }
    return this.#load
  }

  /** The session id that a `Cookie` header holds with a valid signature, or undefined. */
  open (header) {
    const found = this.#calls.open(header)
    const id = this.idIn(header)
    return id === undefined ? found : id
  }

  /** The id in the header that was opened just now, or undefined when the engine gives it, or there is none. */
  idIn (header) {
    const length = this.#numbers[ID_LENGTH]
    if (length === 0) return undefined
    const at = this.#numbers[ID_AT]
    return header.slice(at, at + length)
  }

  /** What `seal` would make of the id in the header that was opened just now, or undefined when it has to. */
  sealedIn (header) {
    const length = this.#numbers[SEALED_LENGTH]
    if (length === 0) return undefined
    const at = this.#numbers[ID_AT] - SEALED.length
    return header.slice(at, at + length)
  }

  /** `value.signature`. */
  sign (value) {
    return this.#calls.sign(value)
  }

  /** The value in `value.signature`, or undefined. */
  unsign (signed) {
    return this.#calls.unsign(signed)
  }

  /** The cookie value for a session id: `s:` + id + `.` + signature, URI-encoded. */
  seal (sid) {
    const sealed = this.#calls.seal(sid)
    // An id with half a surrogate pair has no UTF-8: encodeURIComponent throws at it.
    return sealed === undefined ? encodeURIComponent('s:' + this.sign(sid)) : sealed
  }

  /** Whether `secrets` still are those of this keyring: apps rotate them in the array that they gave. */
  fits (secrets) {
    const mine = this.#secrets
    if (mine.length !== secrets.length) return false
    for (let i = 0; i < mine.length; i++) {
      if (mine[i] !== secrets[i]) return false
    }
    return true
  }
}

function keyBytes (secret) {
  if (secret == null) throw new TypeError('Secret key must be provided.')
  createHmac('sha256', secret) // throws at what is not a key
  if (typeof secret === 'string') return Buffer.from(secret)
  if (ArrayBuffer.isView(secret)) return new Uint8Array(secret.buffer, secret.byteOffset, secret.byteLength)
  if (secret instanceof KeyObject) return secret.export()
  if (typeof secret.byteLength === 'number') return new Uint8Array(secret) // an ArrayBuffer of any realm
  return KeyObject.from(secret).export() // a CryptoKey
}

module.exports = Keyring
