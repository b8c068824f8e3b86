'use strict'

const { readFileSync } = require('node:fs')
const os = require('node:os')
const path = require('node:path')

const MODULES = path.join(__dirname, '../../../node_modules')

module.exports = { describeMachine, versionsOf }

function describeMachine () {
  const cpus = os.cpus()
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus.length === 0 ? 'unknown' : cpus[0].model.trim(),
    cores: cpus.length,
    memory: `${Math.round(os.totalmem() / 2 ** 30)} GiB`,
    load: +os.loadavg()[0].toFixed(1)
  }
}

/** Versions of the packages of the comparison, as they are installed. */
function versionsOf (names) {
  return Object.fromEntries(names.map((name) => {
    const file = path.join(MODULES, name, 'package.json')
    return [name, JSON.parse(readFileSync(file, 'utf8')).version]
  }))
}
