'use strict'

// One clock for both packages. It has to be installed before they are loaded, so that code that
// keeps a reference to Date or Date.now gets ours.

const RealDate = Date
const realNow = Date.now

// A leap day far enough away that no session of a scenario expires in real time.
const BASE = RealDate.UTC(2060, 1, 29, 12, 0, 0, 0)

let now = null
let step = 0

function current () {
  if (now === null) return realNow.call(RealDate)
  const t = now
  now += step
  return t
}

function FakeDate (...args) {
  if (!new.target) return new RealDate(current()).toString()
  if (args.length === 0) args = [current()]
  return Reflect.construct(RealDate, args, new.target === FakeDate ? RealDate : new.target)
}

FakeDate.prototype = RealDate.prototype
FakeDate.UTC = RealDate.UTC
FakeDate.parse = RealDate.parse
FakeDate.now = current
RealDate.now = current
RealDate.prototype.constructor = FakeDate
Object.defineProperty(FakeDate, 'name', { value: 'Date' })
globalThis.Date = FakeDate

module.exports = {
  BASE,
  realNow: () => realNow.call(RealDate),
  // Stops time at BASE; with `tick`, every look at the clock moves it on by that many milliseconds.
  freeze (tick = 0) {
    now = BASE
    step = tick
  },
  advance (ms) {
    now += ms
  },
  release () {
    now = null
    step = 0
  }
}
