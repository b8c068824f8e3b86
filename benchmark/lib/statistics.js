'use strict'

function median (numbers) {
  return quantile(sorted(numbers), 0.5)
}

/** Median, quartiles and extremes of the rounds of a run. */
function spread (numbers) {
  const s = sorted(numbers)
  return { median: quantile(s, 0.5), q1: quantile(s, 0.25), q3: quantile(s, 0.75), min: s[0], max: s[s.length - 1] }
}

/** Round by round: a busy machine slows what ran side by side alike. */
function ratios (above, below) {
  return spread(above.map((value, round) => value / below[round]))
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

module.exports = { cpuTimes, differences, median, ratios, spread }
