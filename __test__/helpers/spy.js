'use strict'

/**
 * Replaces `target[method]` by one that calls `watch(self, args)` before each call, and returns what
 * undoes it. `watch` may return functions that are told of this call:
 *
 *   asked()               it has a callback, the last function in `args`
 *   answered(results, n)  before the n-th call of the callback
 *   done()                once: after the first answer, or when the method has thrown instead
 *   threw(err)
 */
function spy (target, method, watch) {
  const original = target[method]
  const own = Object.hasOwn(target, method)

  target[method] = function (...args) {
    const told = watch(this, args) || {}
    const at = args.findLastIndex((arg) => typeof arg === 'function')
    if (at === -1) return original.apply(this, args)

    const callback = args[at]
    let answers = 0
    let over = false
    const done = () => {
      if (!over) told.done?.()
      over = true
    }
    told.asked?.()
    args[at] = function (...results) {
      told.answered?.(results, ++answers)
      try {
        return callback.apply(this, results)
      } finally {
        done()
      }
    }
    try {
      return original.apply(this, args)
    } catch (err) {
      done()
      told.threw?.(err)
      throw err
    }
  }

  return function restore () {
    if (own) target[method] = original
    else delete target[method]
  }
}

module.exports = { spy }
