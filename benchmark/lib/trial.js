'use strict'

/*
 *   node trial.js <name in trials/> <arguments as JSON>
 *
 * A trial in a process of its own. The trial's function prepares, and resolves to a function that
 * measures one slice; the parent asks for as many as it wants.
 */

const path = require('node:path')

const [name, args] = process.argv.slice(2)
const trial = require(path.join(__dirname, 'trials', name))

process.on('disconnect', () => process.exit())
process.on('unhandledRejection', fail)
process.on('uncaughtException', fail)

async function main () {
  const slice = await trial(JSON.parse(args))
  process.on('message', async () => process.send(await slice()))
  process.send('ready')
}

function fail (err) {
  console.error(err)
  process.exit(1)
}

main()
