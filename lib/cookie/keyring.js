'use strict'

const binding = require('../../binding')
const { numbers, IdAt, IdLength, SealedLength } = require('../util/numbers')
const Opened = require('./opened')
const { keyBytes } = require('./secrets')

/** What stands before the id in a cookie's value: `s:`, URI-encoded. */
const SEALED = 's%3A'

/**
 * The secrets of a cookie, prepared once: the first signs, all verify. Signatures are those of cookie-signature.
 * Private fields, so that nothing prints the secrets. Plain-keyring.js does the same without Rust.
 */
class Keyring {
  #handle
  #calls
  /** @type {any} */
  #store
  /** @type {any} */
  #load

  /**
   * @param {string} name of the cookie
   * @param {any[]} secrets strings, Buffers, TypedArrays, DataViews, ArrayBuffers or KeyObjects
   * @throws what `crypto.createHmac` throws at such a key
   */
  constructor (name, secrets) {
    this.#handle = binding.createKeyring(numbers, name, secrets.map(keyBytes))
    this.#calls = binding.bindKeyring(this.#handle)
  }

  /**
   * Finds the named cookies in a `Cookie` header and verifies their signatures.
   *
   * @param {string} header
   * @return {Opened|undefined} the first that is valid
   */
  open (header) {
    const text = this.#calls.open(header)
    return text === undefined ? undefined : this.opened(header, text)
  }

  /**
   * The Rust function that opens a header and loads its session from `store`; nearly always the same.
   *
   * @param {any} store
   * @param {(store: any, keyring: any) => (header: string) => string|undefined} [bind] makes it
   */
  loaderOf (store, bind = binding.bindLoad) {
    if (this.#store !== store) {
      this.#store = store
      this.#load = bind(store, this.#handle)
    }
    return this.#load
  }

  /**
   * What Rust has just found in `header`. Most ids are a part of the header; `text` is the id where it is not.
   *
   * @param {string} header
   * @param {string} [text]
   * @return {Opened}
   */
  opened (header, text) {
    const at = numbers[IdAt]
    const length = numbers[IdLength]
    const sealedLength = numbers[SealedLength]
    return new Opened(
      length === 0 ? /** @type {string} */ (text) : header.slice(at, at + length),
      sealedLength === 0 ? undefined : header.slice(at - SEALED.length, at - SEALED.length + sealedLength)
    )
  }

  /**
   * `value.signature`.
   *
   * @param {string} value
   */
  sign (value) {
    return this.#calls.sign(value)
  }

  /**
   * The value in `value.signature`, or undefined.
   *
   * @param {string} signed
   */
  unsign (signed) {
    return this.#calls.unsign(signed)
  }

  /**
   * The cookie value for a session id: `s:` + id + `.` + signature, URI-encoded.
   *
   * @param {string} sid
   * @throws {URIError} half a surrogate pair in the id
   */
  seal (sid) {
    const sealed = this.#calls.seal(sid)
    return sealed === undefined ? encodeURIComponent('s:' + this.sign(sid)) : sealed
  }
}

module.exports = Keyring
