'use strict'

/*
 *   npm run bench:engine
 *
 * The engine's table compared with plain dashmap, moka and quick_cache, on one thread: runs the example `compare` of
 * benchmark/engine and writes docs/benchmark-engine.md.
 */

const { execFileSync } = require('node:child_process')
const path = require('node:path')
const { describeMachine, origin, writeBlocks } = require('./lib/report/page')

const ENGINE = path.join(__dirname, 'engine')

const compared = execFileSync('cargo', ['run', '--quiet', '--release', '--example', 'compare'], { cwd: ENGINE, encoding: 'utf8' }).trim()
writeBlocks('benchmark-engine', { compared, origin: origin(describeMachine(process.execPath)) })
console.log(compared)
