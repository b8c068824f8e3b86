'use strict'

const { digits } = require('./text')

const WIDTH = 760
const LEFT = 190
const RIGHT = 120
const BAR = 18
const STEP = BAR + 4
const BETWEEN = 16
const TOP = 84
const BOTTOM = 46

// Legible on white and on black.
const COLORS = ['#e8590c', '#4c8bd6', '#8f7ee0', '#3aa675']

const STYLE = `
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #24292f }
  .title { font-size: 17px; font-weight: 600 }
  .note, .axis { fill: #57606a; font-size: 12px }
  .middle { text-anchor: middle }
  .end { text-anchor: end }
  .grid { stroke: #d0d7de; stroke-width: 1 }
  .goal { stroke: #24292f; stroke-width: 1.5; stroke-dasharray: 5 4 }
  .range { stroke: #24292f; stroke-width: 1.2 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .note, .axis { fill: #9da7b1 }
    .grid { stroke: #3d444d }
    .goal, .range { stroke: #e6edf3 }
  }`

/**
 * Horizontal bars: a group for each row of a table, a bar for each column.
 *
 * @param {object} chart `title`; `note` below it; `axis`: what the numbers are; `log`, a logarithmic axis; `goal`,
 *   a dashed line, `{ value, label }`; `table`; `columns`, each with that of a ratio to add to the bar's text;
 *   `rows`, `{ label: [group, row] }`, by default all; `series`, names of the columns, by default their own
 * @param {string} group
 * @param {object} results by group
 * @return {string} the text of an SVG file
 */
function barChart ({ title, note, axis, log = false, goal, table, columns, rows, series = Object.keys(columns) }, group, results) {
  const all = Object.fromEntries(Object.keys(results[group].tables[table]).map((row) => [row, [group, row]]))
  const groups = Object.entries(rows || all).map(([label, [group, row]]) => ({ label, bars: barsOf(results[group].tables[table][row], columns) }))
  const values = groups.flatMap(({ bars }) => bars.flatMap(({ value, max }) => [value, max]))
  const { ticks, x } = (log ? logScale : linearScale)(goal ? [...values, goal.value] : values)
  const parts = [text(16, 28, title, 'title'), text(16, 47, note, 'note')]

  let y = TOP
  for (const { label, bars } of groups) {
    parts.push(text(LEFT - 10, y + (bars.length * STEP - STEP + BAR) / 2 + 4.5, label, 'end'))
    for (const { value, min, max, color, label } of bars) {
      const middle = y + BAR / 2
      parts.push(rect(LEFT, y, Math.max(1.5, x(value) - LEFT), BAR, color), text(x(max) + 7, middle + 4.5, label, ''))
      if (max > min) parts.push(line(x(min), middle, x(max), middle, 'range'))
      y += STEP
    }
    y += BETWEEN
  }

  const grid = ticks.flatMap((tick) => [line(x(tick), TOP - 4, x(tick), y, 'grid'), text(x(tick), y + 16, number(tick), 'axis middle')])
  parts.push(...legend(series), text(LEFT, y + 36, axis, 'axis'))
  if (goal) parts.push(line(x(goal.value), TOP - 4, x(goal.value), y, 'goal'), text(x(goal.value), y + 36, goal.label, 'axis middle'))

  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + BOTTOM}" width="${WIDTH}" height="${y + BOTTOM}" role="img">
<title>${escaped(title)}</title>
<style>${STYLE}
</style>
${[...grid, ...parts].join('\n')}
</svg>
`
}

/** A bar for each column that has a cell. A logarithmic axis has no zero. */
function barsOf (cells, columns) {
  return Object.entries(columns).map(([column, ratio], i) => {
    const cell = cells[column]
    if (cell === null) return undefined
    const [value, min, max] = [cell.median, cell.min, cell.max].map((number) => Math.max(number, 0.01))
    const shown = cell.unit === '×' ? fold(cell) : `${digits(Math.max(0, cell.median))} ${cell.unit}`.trim()
    return { value, min, max, color: COLORS[i], label: ratio ? `${shown}, ${fold(cells[ratio])}` : shown }
  }).filter(Boolean)
}

function fold ({ median }) {
  return `${median.toFixed(median >= 10 ? 0 : 1)}×`
}

function legend (series) {
  let x = LEFT
  return series.flatMap((name, i) => {
    const at = x
    x += 30 + name.length * 6.8
    return [rect(at, 58, 12, 12, COLORS[i]), text(at + 17, 68.5, name, '')]
  })
}

function linearScale (values) {
  const most = Math.max(...values, Number.MIN_VALUE)
  const power = 10 ** Math.floor(Math.log10(most))
  const step = [0.1, 0.2, 0.25, 0.5, 1, 2].map((part) => part * power).find((step) => most / step <= 6)
  const ticks = Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step)
  return { ticks, x: (value) => across(value / most) }
}

function logScale (values) {
  const low = Math.floor(Math.log10(Math.min(...values)))
  const high = Math.max(low + 1, Math.log10(Math.max(...values)))
  const ticks = Array.from({ length: Math.floor(high) - low + 1 }, (_, i) => 10 ** (low + i))
  return { ticks, x: (value) => across((Math.log10(value) - low) / (high - low)) }
}

function across (part) {
  return +(LEFT + Math.max(0, part) * (WIDTH - LEFT - RIGHT)).toFixed(1)
}

function rect (x, y, width, height, color) {
  return `<rect x="${+x.toFixed(1)}" y="${y}" width="${+width.toFixed(1)}" height="${height}" rx="2" fill="${color}"/>`
}

function line (x1, y1, x2, y2, name) {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" class="${name}"/>`
}

function text (x, y, content, name) {
  return `<text x="${+x.toFixed(1)}" y="${y}"${name && ` class="${name}"`}>${escaped(content)}</text>`
}

function escaped (content) {
  return String(content).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}

function number (value) {
  if (value !== 0 && Math.abs(value) < 1) return String(+value.toPrecision(2))
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 })
}

module.exports = { barChart }
