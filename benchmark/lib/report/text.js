'use strict'

/*
 * Tables in Markdown and the figures in them.
 */

/** Names of the contestants, in tables and plots. */
const NATIVE = 'express-session-native'
const MEMORY = 'express-session + MemoryStore'
const LRU = 'express-session + memorystore'

/** A Markdown table that is also legible as plain text. */
function table (head, rows) {
  const lines = [head, ...rows].map((line) => line.map(String))
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column].length)))
  const pad = (value, column) => column === 0 ? value.padEnd(widths[column]) : value.padStart(widths[column])
  const rule = widths.map((width, column) => column === 0 ? '-'.repeat(width) : '-'.repeat(width - 1) + ':')
  const [first, ...others] = lines.map((line) => line.map(pad))
  return [first, rule, ...others].map((line) => `| ${line.join(' | ')} |`).join('\n')
}

function goalsTable (goals) {
  return table(['Goal', 'target', 'this run', ''], goals.map(([what, target, figure, met]) => [what, target, figure, met ? 'met' : 'missed']))
}

/** Goals for ratios: a row of the table of goals each. */
function atLeast (limit, what, spread) {
  return [what, `≥ ${limit}×`, times(spread), spread.median >= limit]
}

function atMost (limit, what, spread) {
  return [what, `≤ ${limit}×`, times(spread), spread.median <= limit]
}

/** A ratio with the extremes of its rounds. */
function times ({ median, min, max }) {
  return `${round(median)}× (${round(min)}–${round(max)})`
}

/** Nanoseconds as microseconds. */
function micro (spread) {
  return `${round((typeof spread === 'number' ? spread : spread.median) / 1000)} µs`
}

/** A median, with its extremes where they differ. */
function range (spread) {
  if (spread === null) return '–'
  const { median, min, max } = spread
  return max - min < 0.05 ? round(median) : `${round(median)} (${round(min)}–${round(max)})`
}

/** Two or three significant digits. */
function round (value) {
  const size = Math.abs(value)
  if (size >= 100) return grouped(Math.round(value))
  return value.toFixed(size >= 10 ? 1 : 2)
}

/** 1,000,000. */
function grouped (number) {
  return number.toLocaleString('en')
}

module.exports = { LRU, MEMORY, NATIVE, atLeast, atMost, goalsTable, grouped, micro, range, round, table, times }
