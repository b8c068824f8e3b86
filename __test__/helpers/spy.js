'use strict'

/**
 * Replaces `target[method]` by one that tells `on` of each call, and returns what undoes it.
 *
 *   on.called(self, args)    before the call
 *   on.answered(results, n)  before the n-th call of the callback; the callback is the last function in `args`
 *   on.done()                once, after the first answer, or when the method threw instead
 *   on.threw(err)
 */
function spy (target, method, on) {
  const original = target[method]
  const own = Object.hasOwn(target, method)

  target[method] = function (...args) {
    on.called(this, args)
    const at = args.findLastIndex((arg) => typeof arg === 'function')
    if (at === -1) return original.apply(this, args)

    const callback = args[at]
    let answers = 0
    let over = false
    const done = () => {
      if (!over) on.done?.()
      over = true
    }
    on.asked?.()
    args[at] = function (...results) {
      on.answered?.(results, ++answers)
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
      on.threw?.(err)
      throw err
    }
  }

  return function restore () {
    if (own) target[method] = original
    else delete target[method]
  }
}

module.exports = { spy }
