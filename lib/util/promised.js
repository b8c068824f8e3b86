'use strict'

module.exports = { addPromises, mustBeNow, promised }

/**
 * What a method with a callback calls back with, as a promise.
 *
 * @param {any} self
 * @param {string} name of the method, looked up now: an app may have replaced it
 * @param {any[]} args without the callback
 * @return {Promise<any>}
 */
function promised (self, name, args) {
  return new Promise((resolve, reject) => {
    self[name](...args, (/** @type {any} */ err, /** @type {any} */ value) => err ? reject(err) : resolve(value))
  })
}

/**
 * Refuses a promise where a function of the app has to say yes or no: it would count as yes.
 *
 * @param {any} answer
 * @param {string} name of the option
 * @throws {TypeError}
 */
function mustBeNow (answer, name) {
  if (typeof answer === 'boolean' || !answer || typeof answer.then !== 'function') return
  answer.then(undefined, () => {}) // the error below is said instead
  throw new TypeError(`${name} option must return a boolean, not a promise`)
}

/**
 * Adds methods that return promises, `getAsync` for `get`.
 *
 * @param {any} target
 * @param {{[name: string]: number | ((this: any) => Promise<any>)}} methods the number of arguments before the callback,
 *   or the new method
 * @param {boolean} enumerable
 */
function addPromises (target, methods, enumerable) {
  for (const [name, method] of Object.entries(methods)) {
    const value = typeof method === 'function' ? method : methodOf(name, method)
    // Bluebird's promisifyAll refuses objects with methods of such names, except for its own, which have this mark.
    Object.defineProperty(value, '__isPromisified__', { configurable: true, value: true })
    Object.defineProperty(target, `${name}Async`, { configurable: true, enumerable, value, writable: true })
  }
}

/**
 * @param {string} name
 * @param {number} count
 */
function methodOf (name, count) {
  return /** @this {any} */ function (/** @type {any[]} */ ...args) {
    args.length = count // the callback comes after all others
    return promised(this, name, args)
  }
}
