'use strict'

const assert = require('node:assert')
const lib = require('./lib')
const { run } = require('./world')
const table = require('../deviations')

// What upstream does, changed by the deviations that apply, is what ours has to do.

// With DIFF_STRICT, or when the subject is upstream itself, there are no deviations.
const strict = !!process.env.DIFF_STRICT

async function expected (scenario, { deviations = !strict } = {}) {
  const applying = deviations ? table.filter((d) => d.applies(scenario)) : []
  let asked = scenario
  for (const d of applying) if (d.instead) asked = d.instead(asked)
  let record = await run(lib.upstream, asked, lib.upstream)
  for (const d of applying) if (d.expect) record = d.expect(record, scenario) || record
  return record
}

// The lines of a record, one for each thing that happened.
function lines (record) {
  const out = []
  const put = (where, value) => {
    if (value !== undefined) out.push(`${where}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
  }
  put('refused', record.refused)
  for (const e of record.setup || record.log || []) put('setup', e)
  record.steps.forEach((s, i) => {
    const at = `step ${i}`
    for (const e of s.log || []) {
      if (e[1] && typeof e[1] === 'object' && e[1].session && typeof e[1].session === 'object') {
        const { session, ...rest } = e[1]
        const { cookie, ...data } = session
        put(`${at} log`, [e[0], rest])
        put(`${at} log   session`, data)
        put(`${at} log   cookie`, cookie)
      } else put(`${at} log`, e)
    }
    if (s.response) {
      const { headers, ...rest } = s.response
      put(`${at} response`, rest)
      for (const h of headers || []) put(`${at} header`, h.join(': '))
    }
    for (const x of Array.isArray(s.stored) ? s.stored : s.stored ? [s.stored] : []) put(`${at} stored`, x)
    if (s.resKeys) put(`${at} res`, s.resKeys)
  })
  return out
}

// Undefined when equal, otherwise the first difference with its surroundings.
function difference (want, got) {
  const a = lines(want)
  const b = lines(got)
  let i = 0
  while (i < a.length && i < b.length && a[i] === b[i]) i++
  if (i === a.length && i === b.length) return undefined
  let tail = 0
  while (tail < a.length - i && tail < b.length - i && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++
  const show = (list, mark) => {
    const part = list.slice(i, Math.max(i + 1, list.length - tail)).slice(0, 6)
    return part.length ? part.map((l) => `${mark} ${clip(l)}`) : [`${mark} (nothing)`]
  }
  return [...a.slice(Math.max(0, i - 2), i).map((l) => `  ${clip(l)}`), ...show(a, '-'), ...show(b, '+')].join('\n')
}

function clip (line) {
  return line.length > 900 ? `${line.slice(0, 900)}… (${line.length})` : line
}

// Runs it both ways. `subject` is what stands in for ours.
async function compare (scenario, { subject = lib.ours, deviations = !strict } = {}) {
  const checks = deviations ? table.filter((d) => d.check && d.applies(scenario)) : []
  if (checks.length) {
    const record = await run(subject, scenario, lib.upstream)
    try {
      for (const d of checks) d.check(record, scenario)
    } catch (err) {
      return `${err.message}\n${lines({ steps: record.steps.slice(-1) })
        .map(clip)
        .join('\n')}`
    }
    return undefined
  }
  const want = await expected(scenario, { deviations })
  const got = await run(subject, scenario, lib.upstream)
  return difference(want, got)
}

// Takes away what is not needed for the difference to stay.
async function shrink (scenario, options, budget = 120) {
  let best = scenario
  const fails = async (candidate) => {
    if (budget-- <= 0) return false
    try {
      return (await compare(candidate, options)) !== undefined
    } catch {
      return false
    }
  }
  // eslint-disable-next-line no-unmodified-loop-condition -- fails() counts the budget down
  for (let changed = true; changed && budget > 0;) {
    changed = false
    for (const candidate of smaller(best)) {
      if (await fails(candidate)) {
        best = candidate
        changed = true
        break
      }
    }
  }
  return best
}

function * smaller (s) {
  const without = (list, i) => list.slice(0, i).concat(list.slice(i + 1))
  const step = (i, change) => ({ ...s, steps: s.steps.map((x, j) => (j === i ? change(x) : x)) })
  for (let i = s.steps.length - 1; i >= 0 && s.steps.length > 1; i--) {
    const { parks, open } = s.steps[i]
    if (!parks && !open) yield { ...s, steps: without(s.steps, i) }
  }
  for (let i = 0; i < s.steps.length; i++) {
    const list = s.steps[i].actions || []
    for (let j = 0; j < list.length; j++) yield step(i, (x) => ({ ...x, actions: without(list, j) }))
    for (const k of ['respond', 'cookie', 'method', 'url', 'headers', 'advance', 'before', 'pre', 'after', 'actions']) {
      if (s.steps[i][k] !== undefined) {
        yield step(i, (x) => {
          const { [k]: gone, ...rest } = x
          return rest
        })
      }
    }
  }
  const plain = { resave: false, saveUninitialized: false, secret: 'keyboard cat' }
  for (const k of Object.keys(s.options || {})) {
    if (JSON.stringify(s.options[k]) === JSON.stringify(plain[k])) continue
    const options = { ...s.options }
    if (k in plain) options[k] = plain[k]
    else delete options[k]
    yield { ...s, options }
  }
  if (s.options && s.options.cookie && typeof s.options.cookie === 'object') {
    for (const k of Object.keys(s.options.cookie)) {
      if (k[0] === '$') continue
      const { [k]: gone, ...cookie } = s.options.cookie
      yield { ...s, options: { ...s.options, cookie } }
    }
  }
  for (const k of Object.keys(s.store)) {
    if (k === 'kind' || k === 'mode') continue
    const { [k]: gone, ...store } = s.store
    yield { ...s, store }
  }
  if (s.store.kind === 'custom' && s.store.mode !== 'immediate') yield { ...s, store: { ...s.store, mode: 'immediate' } }
  if (s.transport && s.transport.startsWith('express')) yield { ...s, transport: 'http' }
}

// The assertion of every test here.
async function same (scenario, options = {}) {
  const first = await compare(scenario, options)
  if (first === undefined) return
  const small = scenario.fails ? scenario : await shrink(scenario, options)
  const diff = (await compare(small, options)) || first
  const applied = table.filter((d) => d.applies(small)).map((d) => d.id)
  assert.fail(
    [
      `${scenario.name || 'scenario'}: differs from express-session (- wanted, + got)`,
      diff,
      applied.length ? `deviations taken into account: ${applied.join(', ')}` : '',
      `again: node __test__/differential/replay.js '${JSON.stringify(small).replaceAll("'", "'\\''")}'`
    ].join('\n')
  )
}

module.exports = { compare, same, expected, difference, lines, shrink }
