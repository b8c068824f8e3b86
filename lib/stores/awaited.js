'use strict'

const { warnOf } = require('../util/warn')

/**
 * What a store method returns without a callback if its engine has `promises`. It can be awaited, as with connect-redis.
 * If nobody awaits it, an error becomes a warning, because an unhandled rejection would end the process.
 *
 * @implements {PromiseLike<any>}
 */
class Awaited {
  #promise
  #isAwaited = false

  /** @param {(callback: (err?: any, value?: any) => void) => void} call */
  constructor (call) {
    this.#promise = new Promise((resolve, reject) => {
      call((err, value) => err ? reject(err) : resolve(value))
    })
    this.#promise.catch(err => { if (!this.#isAwaited) warnOf(err) })
  }

  /**
   * @param {any} [onFulfilled]
   * @param {any} [onRejected]
   */
  then (onFulfilled, onRejected) {
    this.#isAwaited = true
    return this.#promise.then(onFulfilled, onRejected)
  }

  /** @param {any} onRejected */
  catch (onRejected) {
    return this.then(undefined, onRejected)
  }

  /** @param {any} onFinally */
  finally (onFinally) {
    return this.then().finally(onFinally)
  }
}

module.exports = Awaited
