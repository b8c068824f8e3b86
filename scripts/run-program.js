'use strict'

/*
 * Runs a program that tests something, and counts what has passed and failed.
 */

const { spawn } = require('node:child_process')
const path = require('node:path')

const ROOT = path.join(__dirname, '..')
const TIME_LIMIT = 15 * 60 * 1000
const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g')

/**
 * Runs a program, shows what it prints (`quiet`: only when it fails), and counts what `read` finds in
 * those lines. A program that ends badly or says nothing has failed, whatever it counted.
 */
async function runProgram (command, args, read, { cwd = ROOT, limit = TIME_LIMIT, quiet = false } = {}) {
  const { status, output } = await run(command, args, { cwd, limit, quiet })
  const counts = judge(read(output.replace(ESCAPES, '').split(/\r?\n/)), status)
  if (quiet && counts.failed > 0) process.stdout.write(output)
  return counts
}

function judge (counts, status) {
  if (!counts) {
    console.error(`the suite ended without a summary, with status ${status}`)
    return { passed: 0, failed: 1, skipped: 0 }
  }
  return status !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts
}

/** Resolves to { status, output }; status is null after `limit` milliseconds, when the program is killed. */
function run (command, args, { cwd, limit, quiet }) {
  const env = { ...process.env }
  // Set when this runs below `node --test`; it would change what a test runner prints.
  delete env.NODE_TEST_CONTEXT
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] })
    const timer = setTimeout(() => child.kill('SIGKILL'), limit)
    // A signal to this process is meant for the program.
    const stop = () => child.kill()
    process.once('SIGTERM', stop)
    const end = (status, output) => {
      clearTimeout(timer)
      process.removeListener('SIGTERM', stop)
      resolve({ status, output })
    }
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (data) => {
      output += data
      if (!quiet) process.stdout.write(data)
    })
    child.on('error', (error) => {
      console.error(error.message)
      end(null, output)
    })
    child.on('close', (status, signal) => {
      if (signal !== null) console.error(`${command} ${args[0]} … was ended by ${signal}`)
      end(status, output)
    })
  })
}

/** The last line of the form `N passed, N failed[, N skipped]`: what `conclude` prints. */
function readTotal (lines) {
  const found = lines.map((line) => /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/.exec(line.trim())).filter(Boolean).pop()
  return found ? counted(found) : null
}

function counted ([, passed, failed, skipped = 0]) {
  return { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) }
}

function add (one, other) {
  return { passed: one.passed + other.passed, failed: one.failed + other.failed, skipped: one.skipped + other.skipped }
}

function format ({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`
}

/** Prints the closing line and sets the exit code. */
function conclude (counts) {
  console.log(format(counts))
  if (counts.failed > 0) process.exitCode = 1
}

module.exports = { ROOT, add, conclude, counted, format, readTotal, runProgram }
