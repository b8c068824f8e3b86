'use strict'

/*
 * Tables in Markdown. A table is `{ row: { column: cell } }`; a cell is a figure, a number, a text or null.
 */

function markdown (table) {
  const [first] = Object.values(table)
  const columns = Object.keys(first)
  const lines = [['', ...columns], ...Object.entries(table).map(([row, cells]) => [row, ...columns.map((column) => print(cells[column]))])]
  const widths = ['', ...columns].map((_, at) => Math.max(...lines.map((line) => line[at].length), 2))
  const rule = widths.map((width, at) => at === 0 ? '-'.repeat(width) : '-'.repeat(width - 1) + ':')
  const pad = (text, at) => at === 0 ? text.padEnd(widths[at]) : text.padStart(widths[at])
  const [head, ...others] = lines.map((line) => line.map(pad))
  return [head, rule, ...others].map((line) => `| ${line.join(' | ')} |`).join('\n')
}

/** Ratios with their quartiles, other figures with their extremes where they differ; times alone, because they drift. */
function print (cell) {
  if (cell == null) return '–'
  if (typeof cell === 'string') return cell
  if (typeof cell === 'number') return grouped(cell)
  const { unit, median, q1, q3, min, max } = cell
  if (unit === '×') return `${digits(median)}×${q3 > q1 ? ` (${digits(q1)}–${digits(q3)})` : ''}`
  const extremes = unit !== 'µs' && max - min >= 0.05 ? ` (${digits(min)}–${digits(max)})` : ''
  return `${digits(median)}${extremes} ${unit}`.trim()
}

/** Two or three significant digits; whole numbers in full. */
function digits (value) {
  const size = Math.abs(value)
  if (size >= 100 || Number.isInteger(value)) return grouped(Math.round(value))
  return value.toFixed(size >= 10 ? 1 : 2)
}

/** 1,000,000. */
function grouped (number) {
  return number.toLocaleString('en')
}

module.exports = { digits, grouped, markdown, print }
