'use strict'

/* Reads how many tests passed, failed and were skipped from what the runners print. */

const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g')

function lines (output) {
  return output.replace(ESCAPES, '').split(/\r?\n/)
}

// The last line of the form `N passed, N failed` or `N passed, N failed, N skipped`.
function readTotal (output) {
  const found = lines(output).map((line) => /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/.exec(line.trim()))
    .filter(Boolean).pop()
  return found && { passed: Number(found[1]), failed: Number(found[2]), skipped: Number(found[3] || 0) }
}

// The summary that `node --test` prints at its end.
function readNodeTest (output) {
  const count = (word) => {
    const found = lines(output).map((line) => new RegExp(`^\\S ${word} (\\d+)$`).exec(line)).filter(Boolean).pop()
    return found ? Number(found[1]) : null
  }
  if (count('pass') === null) return null
  return { passed: count('pass'), failed: count('fail') + count('cancelled'), skipped: count('skipped') + count('todo') }
}

// One `test result:` line for each binary that `cargo test` runs.
function readCargo (output) {
  const found = lines(output).map((line) => /^test result: .* (\d+) passed; (\d+) failed; (\d+) ignored/.exec(line))
    .filter(Boolean)
  if (found.length === 0) return null
  const sum = (at) => found.reduce((total, match) => total + Number(match[at]), 0)
  return { passed: sum(1), failed: sum(2), skipped: sum(3) }
}

// What a run amounts to: one that ended badly, or said nothing, has failed whatever it counted.
function judge (counts, status) {
  if (!counts) return { passed: 0, failed: 1, skipped: 0 }
  return status !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts
}

function add (one, other) {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped
  }
}

function format ({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`
}

module.exports = { add, format, judge, readCargo, readNodeTest, readTotal }
