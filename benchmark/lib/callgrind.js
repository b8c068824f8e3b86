'use strict'

/*
 * Counts instructions and allocations of a native addon, in Node under valgrind's callgrind. Only what runs in the
 * addon's own code counts: V8 and the C library differ from machine to machine, and from run to run.
 */

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

const TIME_LIMIT = 5 * 60 * 1000
const ALLOCATES = /^(?:malloc|calloc|realloc|posix_memalign|aligned_alloc)$/

/**
 * A program calls `mark()` where one part ends and the next begins: callgrind writes its counts when a process asks for
 * its priority, which nothing else does.
 */
const mark = os.getPriority
const MARK = 'getpriority'
/** The sweeper's work depends on the time that the rest takes. */
const MAIN_THREAD = '01'

/** valgrind's version, or undefined. */
function valgrindVersion () {
  const { status, stdout } = spawnSync('valgrind', ['--version'], { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}

/**
 * @param {string[]} args of Node
 * @return {{instructions: number, allocations: number}[]} of each part that ended with a mark
 * @throws what the program printed
 */
function count (args) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'callgrind-'))
  try {
    const out = path.join(folder, 'out')
    const valgrind = ['--tool=callgrind', '--separate-threads=yes', `--dump-before=${MARK}`, `--callgrind-out-file=${out}`]
    const { status, stderr, error } = spawnSync('valgrind', [...valgrind, process.execPath, ...args], { encoding: 'utf8', timeout: TIME_LIMIT })
    if (status !== 0) throw new Error(`valgrind: ${error ? error.message : status}\n${stderr}`)
    const parts = []
    for (;;) {
      const file = `${out}.${parts.length + 1}-${MAIN_THREAD}`
      if (!fs.existsSync(file)) return parts
      parts.push(sum(fs.readFileSync(file, 'latin1')))
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

/** Of a file in callgrind's format: names are given once, with a number, and by that number later. */
function sum (text) {
  const counts = { instructions: 0, allocations: 0 }
  const names = { ob: {}, fn: {} }
  const nameOf = (kind, [, number, name]) => name ? (names[kind][number] = name) : names[kind][number]
  let inside = false
  let called
  let isCost = true
  for (const line of text.split('\n')) {
    const set = /^(c?)(ob|fn)=\((\d+)\)(?: (.*))?$/.exec(line)
    if (set !== null) {
      const [, callee, kind, ...rest] = set
      const name = nameOf(kind, ['', ...rest])
      if (kind === 'ob' && !callee) inside = name.endsWith('.node')
      if (kind === 'fn' && callee) called = name
    } else if (line.startsWith('calls=')) {
      isCost = false // the next line is what the callee took
      if (inside && ALLOCATES.test(called)) counts.allocations += Number(line.slice(6).split(' ', 1)[0])
    } else if (/^[+*\d-]/.test(line)) {
      if (inside && isCost) counts.instructions += Number(line.split(' ')[1])
      isCost = true
    }
  }
  return counts
}

module.exports = { count, mark, valgrindVersion }
