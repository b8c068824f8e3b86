'use strict'

/*
 *   node trial.js <file in trials/>.<function> <arguments as JSON>
 *
 * A trial in a process of its own. Its function prepares and returns the function that measures one slice;
 * the parent process asks for as many slices as it wants.
 */

const [name, args] = process.argv.slice(2)
const [file, trial] = name.split('.')

process.on('disconnect', () => process.exit())
process.on('unhandledRejection', fail)
process.on('uncaughtException', fail)

async function main () {
  const slice = await require(`./trials/${file}`)[trial](JSON.parse(args))
  process.on('message', async () => process.send(await slice()))
  process.send('ready')
}

function fail (err) {
  console.error(err)
  process.exit(1)
}

main()
