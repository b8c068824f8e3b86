'use strict'

// mulberry32: small, seeded, good enough to choose scenarios with.
function prng (seed) {
  let a = seed >>> 0

  function next () {
    a = (a + 0x6d2b79f5) >>> 0
    let t = a
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  const r = {
    next,
    int: (from, to) => from + Math.floor(next() * (to - from + 1)),
    chance: (p) => next() < p,
    pick: (list) => list[Math.floor(next() * list.length)],
    // [[weight, value], …]
    weighted (table) {
      let sum = 0
      for (const [w] of table) sum += w
      let at = next() * sum
      for (const [w, v] of table) {
        at -= w
        if (at < 0) return v
      }
      return table[table.length - 1][1]
    }
  }
  return r
}

// A seed for the i-th scenario, so that one can be run without those before it.
function derive (seed, i) {
  return (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(i + 1, 0xc2b2ae35)) >>> 0
}

module.exports = { prng, derive }
