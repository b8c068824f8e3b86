'use strict'

const { parseArgs } = require('node:util')

module.exports = { readOptions }

/**
 * The command line: `--only a,b`, `--quick`, and the flags that a program has besides.
 *
 * @param {string[]} names that `--only` may have
 * @param {string[]} [flags]
 * @return {{only: string[], quick: boolean}}
 */
function readOptions (names, flags = []) {
  const options = { only: { type: 'string' }, quick: { type: 'boolean', default: false } }
  for (const flag of flags) options[flag] = { type: 'boolean', default: false }

  const { values } = parseArgs({ options })
  const only = values.only === undefined ? names : values.only.split(',')
  for (const name of only) {
    if (!names.includes(name)) throw new RangeError(`--only takes ${names.join(', ')}; not ${name}`)
  }
  return { ...values, only }
}
