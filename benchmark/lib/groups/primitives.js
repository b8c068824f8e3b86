'use strict'

/*
 * Signatures and ids, compared with the packages that express-session uses.
 */

const { NATIVE, atLeast, micro, table, times } = require('../report/text')
const { contestants, interleave } = require('../rounds')
const { cpuTimes, ratios, spread } = require('../statistics')

const THEIRS = { sign: 'cookie-signature', unsign: 'cookie-signature', id: 'uid-safe' }

async function measure (run) {
  const rows = []
  for (const [kind, against] of Object.entries(THEIRS)) {
    const { cpu } = cpuTimes(await interleave(run, kind, contestants('parts.primitives', ['ours', 'theirs'], { kind })))
    rows.push({ kind, against, ours: spread(cpu('ours')), theirs: spread(cpu('theirs')), over: ratios(cpu('theirs'), cpu('ours')) })
  }
  return { rows }
}

const tables = ({ rows }) => ({
  all: table(
    ['Work', NATIVE, 'theirs', '', 'theirs / native'],
    rows.map((row) => [row.kind, micro(row.ours), micro(row.theirs), row.against, times(row.over)])
  )
})

const goals = ({ rows }) => rows.map(({ kind, against, over }) => atLeast(kind === 'id' ? 20 : 6, `${kind}, compared with ${against}`, over))

const comparisons = ({ rows }) => rows.map(({ kind, over }) => [kind, over])

module.exports = { rounds: 5, slices: 8, measure, tables, goals, comparisons }
