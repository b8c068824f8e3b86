'use strict'

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { install } = require('../../__test__/nodes/install')

/** Kept between runs. */
const FOLDER = path.join(os.tmpdir(), 'express-session-native-nodes')

/**
 * A Node program: a path is returned as it is, a version comes from npm.
 *
 * @param {string} wanted
 * @throws {Error} npm can not install that version
 */
function nodeOf (wanted) {
  if (!/^\d+$/.test(wanted)) return wanted
  const folder = path.join(FOLDER, wanted)
  fs.mkdirSync(folder, { recursive: true })
  const installed = install(wanted, folder)
  if (!installed) throw new Error(`Node ${wanted} can't be installed from npm here: --node and --others take paths too`)
  return installed.node
}

function versionOf (node) {
  return execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).split('.', 1)[0].trim()
}

module.exports = { nodeOf, versionOf }
