'use strict'

/*
 * Figures: what the rounds of a run gave, with a unit. Tables, plots and goals know figures only.
 */

const RESAMPLINGS = 1000

function median (numbers) {
  return quantile(sorted(numbers), 0.5)
}

/** Median, quartiles and extremes. */
function spread (numbers, unit) {
  const s = sorted(numbers)
  return { unit, median: quantile(s, 0.5), q1: quantile(s, 0.25), q3: quantile(s, 0.75), min: s[0], max: s[s.length - 1] }
}

/** Of nanoseconds. */
function time (numbers) {
  return spread(numbers.map((ns) => ns / 1000), 'µs')
}

/** Round by round: a busy machine slows what ran side by side alike. */
function ratio (above, below) {
  return spread(above.map((value, round) => value / below[round]), '×')
}

/** For differences, which vary too much from round to round to be divided one by one. The quartiles are those of resamplings. */
function ratioOfSums (above, below) {
  let seed = 1
  const draw = () => {
    seed = seed * 48271 % (2 ** 31 - 1)
    return seed % above.length
  }
  const resampled = () => {
    const rounds = above.map(draw)
    return sum(rounds.map((round) => above[round])) / sum(rounds.map((round) => below[round]))
  }
  return { ...spread(Array.from({ length: RESAMPLINGS }, resampled), '×'), median: sum(above) / sum(below) }
}

function sum (numbers) {
  return numbers.reduce((total, number) => total + number, 0)
}

function differences (whole, part) {
  return whole.map((value, round) => value - part[round])
}

/** The CPU time of a contestant in each round; and its own share, without what `base` took. */
function cpuTimes (results, base = 'none') {
  const cpu = (key) => results[key].map((result) => result.cpu)
  return { cpu, own: (key) => differences(cpu(key), cpu(base)) }
}

function sorted (numbers) {
  if (numbers.length === 0) throw new RangeError('statistics of no rounds')
  return [...numbers].sort((a, b) => a - b)
}

function quantile (s, q) {
  const at = (s.length - 1) * q
  const low = Math.floor(at)
  return s[low] + (s[Math.ceil(at)] - s[low]) * (at - low)
}

module.exports = { cpuTimes, differences, median, ratio, ratioOfSums, spread, time }
