#!/usr/bin/env node
'use strict'

/* `npx express-session-native <command>`. Each command is a file in lib/cli/. */

const { readdirSync } = require('fs')
const path = require('path')

const FOLDER = path.join(__dirname, '..', 'lib', 'cli')

const commands = readdirSync(FOLDER).map(file => path.basename(file, '.js'))
const [name, ...args] = process.argv.slice(2)
const command = commands.includes(name) ? require(path.join(FOLDER, name)) : undefined
const isHelp = name === undefined || [name, ...args].some(arg => arg === '--help' || arg === '-h')

if (command !== undefined && command.takesArguments) {
  command.run(args)
} else if (isHelp) {
  console.log(usage())
} else if (command === undefined) {
  refuse(`there is no command ${name}`)
} else if (args.length > 0) {
  refuse(`${name} takes no argument: ${args.join(' ')}`)
} else {
  command.run()
}

/** @param {string} fault */
function refuse (fault) {
  console.error(`express-session-native: ${fault}\n\n${usage()}`)
  process.exitCode = 1
}

function usage () {
  const lines = commands.map(command => `  ${command.padEnd(8)}${require(path.join(FOLDER, command)).summary}`)
  return `usage: npx express-session-native <command>\n\n${lines.join('\n')}`
}
