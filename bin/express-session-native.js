#!/usr/bin/env node
'use strict'

/* `npx express-session-native <command>`. Each command is a file in lib/cli/. */

const { readdirSync } = require('fs')
const path = require('path')

const FOLDER = path.join(__dirname, '..', 'lib', 'cli')

const commands = readdirSync(FOLDER).map(file => path.basename(file, '.js'))
const [name, ...args] = process.argv.slice(2)

if (commands.includes(name)) {
  require(path.join(FOLDER, name)).run(args)
} else {
  const lines = commands.map(command => `  ${command.padEnd(8)}${require(path.join(FOLDER, command)).summary}`)
  console.log(`usage: npx express-session-native <command>\n\n${lines.join('\n')}`)
  process.exitCode = name === undefined || name === '--help' || name === '-h' ? 0 : 1
}
