'use strict'

module.exports = { barChart }

const WIDTH = 760
const LEFT = 190
const RIGHT = 120
const BAR = 18
const GAP = 4
const BETWEEN = 16
const TOP = 84
const BOTTOM = 46

// Legible on white and on black.
const COLORS = ['#e8590c', '#4c8bd6', '#8f7ee0', '#3aa675']

const STYLE = `
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #24292f }
  .title { font-size: 17px; font-weight: 600 }
  .note, .axis { fill: #57606a; font-size: 12px }
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
 * Horizontal bars in groups.
 *
 * @param {object} chart
 * @param {string} chart.title
 * @param {string} chart.note below the title
 * @param {string} chart.axis what the numbers are
 * @param {string[]} chart.series names, in the order of the bars of each group
 * @param {{label: string, bars: {value: number, min?: number, max?: number, text?: string}[]}[]} chart.groups a
 *   bar may be null
 * @param {boolean} [chart.log] a logarithmic axis
 * @param {{value: number, label: string}} [chart.goal] a line
 * @return {string} the text of an SVG file
 */
function barChart ({ title, note, axis, series, groups, log = false, goal }) {
  const bars = groups.flatMap((group) => group.bars.filter(Boolean))
  const values = bars.map((bar) => bar.max ?? bar.value).concat(goal ? goal.value : [])
  const scale = log ? logScale(values.concat(bars.map((bar) => bar.value))) : linearScale(values)
  const heights = groups.map((group) => group.bars.filter(Boolean).length * (BAR + GAP) + BETWEEN)
  const bottom = TOP + heights.reduce((sum, height) => sum + height, 0)

  const parts = [
    element('text', { x: 16, y: 28, class: 'title' }, title),
    element('text', { x: 16, y: 47, class: 'note' }, note),
    ...legend(series),
    ...scale.ticks.map((tick) => element('line', { x1: scale.at(tick), x2: scale.at(tick), y1: TOP - 4, y2: bottom, class: 'grid' })),
    ...scale.ticks.map((tick) => element('text', { x: scale.at(tick), y: bottom + 16, class: 'axis', 'text-anchor': 'middle' }, number(tick))),
    element('text', { x: LEFT, y: bottom + 36, class: 'axis' }, axis)
  ]

  let y = TOP
  groups.forEach((group, i) => {
    parts.push(...drawGroup(group, y, scale))
    y += heights[i]
  })
  if (goal) {
    parts.push(element('line', { x1: scale.at(goal.value), x2: scale.at(goal.value), y1: TOP - 4, y2: bottom, class: 'goal' }))
    parts.push(element('text', { x: scale.at(goal.value), y: bottom + 36, class: 'axis', 'text-anchor': 'middle' }, goal.label))
  }
  return document(title, bottom + BOTTOM, parts)
}

function drawGroup ({ label, bars }, top, scale) {
  const count = bars.filter(Boolean).length
  const parts = [element('text', {
    x: LEFT - 10, y: top + (count * (BAR + GAP) - GAP) / 2 + 4.5, 'text-anchor': 'end'
  }, label)]
  let y = top

  bars.forEach((bar, i) => {
    if (!bar) return
    const { value, min, max, text } = bar
    const end = scale.at(value)
    const color = COLORS[i % COLORS.length]
    parts.push(element('rect', { x: LEFT, y, width: Math.max(1.5, end - LEFT), height: BAR, rx: 2, fill: color }))
    if (min !== undefined && max > min) {
      parts.push(element('line', { x1: scale.at(min), x2: scale.at(max), y1: y + BAR / 2, y2: y + BAR / 2, class: 'range' }))
    }
    parts.push(element('text', { x: Math.max(end, max === undefined ? 0 : scale.at(max)) + 7, y: y + BAR / 2 + 4.5 }, text ?? number(value)))
    y += BAR + GAP
  })
  return parts
}

function legend (series) {
  let x = LEFT
  return series.flatMap((name, i) => {
    const at = x
    x += 30 + name.length * 6.8
    return [
      element('rect', { x: at, y: 58, width: 12, height: 12, rx: 2, fill: COLORS[i % COLORS.length] }),
      element('text', { x: at + 17, y: 68.5 }, name)
    ]
  })
}

function linearScale (values) {
  const most = Math.max(...values, Number.MIN_VALUE)
  const power = 10 ** Math.floor(Math.log10(most))
  const step = [0.1, 0.2, 0.25, 0.5, 1, 2].map((part) => part * power).find((step) => most / step <= 6)
  const ticks = Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step)
  return { ticks, at: (value) => position(value / most) }
}

function logScale (values) {
  const low = Math.floor(Math.log10(Math.min(...values)))
  const high = Math.max(low + 1, Math.log10(Math.max(...values)))
  const ticks = Array.from({ length: Math.floor(high) - low + 1 }, (_, i) => 10 ** (low + i))
  return { ticks, at: (value) => position((Math.log10(value) - low) / (high - low)) }
}

function position (part) {
  return LEFT + Math.max(0, part) * (WIDTH - LEFT - RIGHT)
}

function document (title, height, parts) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>${escaped(title)}</title>
<style>${STYLE}
</style>
${parts.join('\n')}
</svg>
`
}

function element (name, attributes, text) {
  const list = Object.entries(attributes).map(([key, value]) => ` ${key}="${typeof value === 'number' ? +value.toFixed(1) : value}"`)
  return text === undefined ? `<${name}${list.join('')}/>` : `<${name}${list.join('')}>${escaped(text)}</${name}>`
}

function escaped (text) {
  return String(text).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}

function number (value) {
  if (value !== 0 && Math.abs(value) < 1) return String(+value.toPrecision(2))
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 })
}
