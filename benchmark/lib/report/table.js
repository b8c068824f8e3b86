'use strict'

module.exports = { cell, micro, table, times }

/** A Markdown table that can be read as it is. */
function table (head, rows) {
  const lines = [head, ...rows].map((line) => line.map(String))
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column].length)))
  const text = lines.map((line) => line.map((value, column) => pad(value, widths[column], column)))
  const rule = widths.map((width, column) => column === 0 ? '-'.repeat(width) : '-'.repeat(width - 1) + ':')
  return [text[0], rule, ...text.slice(1)].map((line) => `| ${line.join(' | ')} |`).join('\n')
}

function pad (value, width, column) {
  return column === 0 ? value.padEnd(width) : value.padStart(width)
}

/** A ratio with the extremes of its rounds. */
function times ({ median, min, max }) {
  return `${round(median)}× (${round(min)}–${round(max)})`
}

/** Nanoseconds as microseconds. */
function micro (spread) {
  return `${round((typeof spread === 'number' ? spread : spread.median) / 1000)} µs`
}

function cell (value, unit = '') {
  if (value === null || value === undefined) return '–'
  return unit === '' ? round(value) : `${round(value)} ${unit}`
}

/** Two or three digits that count. */
function round (value) {
  const size = Math.abs(value)
  if (size >= 100) return Math.round(value).toLocaleString('en')
  return value.toFixed(size >= 10 ? 1 : 2)
}
