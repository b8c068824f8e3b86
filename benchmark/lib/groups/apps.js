'use strict'

/*
 * Whole apps over loopback: what sessions add to a request.
 */

const { BARE, MEMORY, NATIVE } = require('../contestants')
const { versionOf } = require('../nodes')
const { contestants, interleave, tabulate } = require('../rounds')
const { differences, ratio, ratioOfSums, spread, time } = require('../statistics')

const FRAMEWORKS = { express5: 'Express 5', express4: 'Express 4', http: 'node:http' }
const KINDS = ['read', 'write']
const CONTESTANTS = { none: 'no session', bare: BARE, ours: NATIVE, upstream: MEMORY }
/** Of the other versions of Node. */
const FEWER_ROUNDS = 3
const MIB = 2 ** 20

async function measure (run) {
  const results = {}
  const apps = Object.entries(FRAMEWORKS).map(([framework, label]) => [label, framework, run.node])
  const others = run.others.map((node) => [`Node ${versionOf(node)}`, 'express5', node])
  for (const [label, framework, node] of [...apps, ...others]) {
    const rounds = node === run.node ? run.rounds : Math.min(run.rounds, FEWER_ROUNDS)
    results[label] = await interleave({ ...run, node, rounds }, label, contestants('app.app', Object.keys(CONTESTANTS), { framework }))
  }
  const table = (all, tables) => tabulate(all.flatMap(([label]) => KINDS.map((kind) => `${label}, ${kind}`)), (row) => (
    tables(...row.split(', '), results)
  ))
  const { tables } = await table(apps, (...row) => ({ cpu: cpuOf(...row), throughput: throughputOf(...row) }))
  const processes = await tabulate(apps.map(([label]) => label), (label) => ({ process: processOf(results[label]) }))
  return { tables: { ...tables, ...processes.tables, ...(await table(others, (...row) => ({ nodes: cpuOf(...row) }))).tables } }
}

function cpuOf (label, kind, results) {
  const cpu = (key) => results[label][key].map((result) => result[kind].cpu)
  const added = (key) => differences(cpu(key), cpu('none'))
  return {
    'no session': time(cpu('none')),
    [BARE]: time(cpu('bare')),
    [NATIVE]: time(cpu('ours')),
    [MEMORY]: time(cpu('upstream')),
    'native / no session': ratio(cpu('ours'), cpu('none')),
    'MemoryStore / no session': ratio(cpu('upstream'), cpu('none')),
    'added: native / bare': ratioOfSums(added('ours'), added('bare')),
    'added: MemoryStore / native': ratioOfSums(added('upstream'), added('ours'))
  }
}

/** A new process: its first requests, and the memory that it takes in the end. */
function processOf (results) {
  const cells = (name, cellOf) => Object.fromEntries(Object.entries(CONTESTANTS).map(([key, label]) => [`${name}: ${label}`, cellOf(results[key])]))
  return {
    ...cells('first', (rounds) => time(rounds.map(({ first }) => first.cpu))),
    ...cells('memory', (rounds) => spread(rounds.map(({ resident }) => Math.round(resident / MIB)), 'MiB'))
  }
}

function throughputOf (label, kind, results) {
  const throughput = (key) => results[label][key].map((result) => result[kind].throughput)
  const perSecond = (key) => Math.round(spread(throughput(key)).median)
  return {
    'no session': perSecond('none'),
    [NATIVE]: perSecond('ours'),
    [MEMORY]: perSecond('upstream'),
    'native / MemoryStore': ratio(throughput('ours'), throughput('upstream'))
  }
}

const LIMITS = { 'Express 5, read': 1.2, 'Express 5, write': 1.45, 'node:http, read': 1.5, 'node:http, write': 2 }

function goalOf (row) {
  const limit = LIMITS[row.replace('Node 26', FRAMEWORKS.express5)]
  return limit && ['≤', limit]
}

module.exports = {
  rounds: 7, // processes differ more than slices
  slices: 6,
  measure,

  against: Object.entries(FRAMEWORKS).map(([framework, label]) => ({
    label,
    trial: 'app.app',
    args: { framework },
    whole: true,
    values: { ', read': ({ read }) => read.cpu, ', write': ({ write }) => write.cpu }
  })),

  goals: [
    ['cpu', 'native / no session', goalOf],
    ['nodes', 'native / no session', goalOf],
    ['cpu', 'added: native / bare', (row) => row.startsWith(FRAMEWORKS.express5) ? ['≤', 1.25] : undefined]
  ],
  faster: [['throughput', 'native / MemoryStore']],

  charts: {
    apps: {
      title: 'Whole apps: what sessions add',
      note: 'CPU time per request over that of the same app without sessions; shorter is better',
      axis: '× the app without sessions',
      goal: { value: 1, label: 'no session' },
      series: [NATIVE, MEMORY],
      table: 'cpu',
      columns: { 'native / no session': undefined, 'MemoryStore / no session': undefined }
    }
  }
}
