'use strict'

const fs = require('fs')
const path = require('path')
const { tellDatabase } = require('./database')
const openFolder = require('./session-file-store')
const openSessionsFile = require('./sqlite-store')
const { LAYOUTS, openTable } = require('./table')
const Problem = require('../problem')

module.exports = { needsIds, openPlace }

/**
 * @typedef {object} Found a session as a store has it
 * @property {string} [sid] or a reference, where the store has hashes of ids
 * @property {string} [text] JSON
 * @property {number} deadline in ms since the epoch; Infinity: it does not expire
 * @property {number} [rank]
 * @property {string} [problem] why it cannot be read
 *
 * @typedef {object} Entry a session to be written
 * @property {string} sid
 * @property {string} text
 * @property {number} deadline
 * @property {number} [rank]
 * @property {string} [expected] the text that it takes the place of; undefined: there must be none
 *
 * @typedef {'done'|'changed'|'destroyed'|{refused: string}} Outcome `changed`: another text is there than was expected
 *
 * @typedef {object} Place a store that sessions are copied from or to
 * @property {string} name for people
 * @property {string} key the same for the same store
 * @property {boolean} isHashed it has the SHA-256 of ids only
 * @property {() => Promise<number>} count
 * @property {() => AsyncIterable<Found[]>} pages all sessions, with those that have expired and are still there
 * @property {(sids: string[]) => Promise<(Found|undefined)[]>} read in the order of the ids
 * @property {(entries: Entry[]) => Promise<Outcome[]>} write
 * @property {(sids: string[]) => Promise<void>} destroy
 * @property {() => any} close
 */

/** @param {string} argument */
function schemeOf (argument) {
  // A single letter is a drive of Windows.
  const [, scheme] = /^([a-z][a-z0-9+.-]+):/i.exec(argument) || []
  return scheme
}

/**
 * Whether an argument names a store that has ids, not hashes of them. A path alone does not tell.
 *
 * @param {string} argument
 */
function needsIds (argument) {
  return ['redis', 'rediss', 'session-file-store', ...LAYOUTS.map(({ name }) => name)].includes(schemeOf(argument))
}

/**
 * Opens what an argument names.
 *
 * @param {string} argument
 * @param {boolean} writes it is the target
 * @return {Promise<Place>}
 * @throws {Problem}
 */
async function openPlace (argument, writes) {
  const scheme = schemeOf(argument)
  if (scheme === undefined) return openPath(argument, writes)
  if (scheme === 'redis' || scheme === 'rediss') return require('./redis')(argument)

  const [location, query = ''] = argument.slice(scheme.length + 1).split(/\?(.*)/s)
  if (location === '') throw new Problem(`${argument} names no file: write ${scheme}:<path>`)
  const options = new URLSearchParams(query)
  if (scheme === 'sqlite') {
    allow(argument, options, [])
    return openSessionsFile(location, writes)
  }
  if (scheme === 'session-file-store') {
    allow(argument, options, ['ttl', 'extension'])
    return openFolder(location, writes, options)
  }
  const layout = LAYOUTS.find(({ name }) => name === scheme)
  if (layout === undefined) {
    throw new Problem(`${argument} begins with ${scheme}:, which is no store that can be copied; --help shows those that can`)
  }
  allow(argument, options, layout.hasTableOption ? ['table'] : [])
  return openTable(location, writes, layout, options.get('table') || undefined)
}

/**
 * @param {string} argument
 * @param {URLSearchParams} options
 * @param {string[]} known
 */
function allow (argument, options, known) {
  for (const name of options.keys()) {
    if (!known.includes(name)) throw new Problem(`${argument} has the option ${JSON.stringify(name)}, which this store does not have`)
  }
}

/**
 * A path without a scheme: what is there tells what it is.
 *
 * @param {string} location
 * @param {boolean} writes
 */
function openPath (location, writes) {
  const stats = fs.statSync(location, { throwIfNoEntry: false })
  if (stats === undefined && !writes) throw new Problem(`there is no file or folder ${path.resolve(location)}`)
  if (stats !== undefined && stats.isDirectory()) return openFolder(location, writes, new URLSearchParams())
  if (stats === undefined || (stats.size === 0 && writes)) return openSessionsFile(location, writes)
  const layout = tellDatabase(location)
  return layout === 'sqlite' ? openSessionsFile(location, writes) : openTable(location, writes, layout)
}
