'use strict'

/* A registry on loopback: what is rehearsed is published there, and all else comes from where npm is told to. */

const { spawn, execFileSync } = require('node:child_process')
const fs = require('node:fs')
const net = require('node:net')
const path = require('node:path')
const { setTimeout: wait } = require('node:timers/promises')
const { install } = require('./tools')

const PATIENCE = 30_000

/** Resolves to { url, close() }, or to null where verdaccio can't be had. */
async function startRegistry (folder, name) {
  // It asks for a tag of node-fetch that not every mirror has.
  const place = install(folder, { verdaccio: '^6.0.0' }, { 'node-fetch': '^2.7.0' })
  if (place === null) return null
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/`
  const uplink = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8', shell: process.platform === 'win32' }).trim()
  const config = path.join(place, 'config.json')
  fs.writeFileSync(config, JSON.stringify({
    storage: path.join(place, 'storage'),
    uplinks: { outside: { url: uplink, timeout: '60s', maxage: '60m', max_fails: 10 } },
    packages: {
      [`${name}*`]: { access: '$all', publish: '$all' },
      '**': { access: '$all', proxy: 'outside' }
    },
    web: { enable: false },
    log: { type: 'file', path: path.join(place, 'log'), level: 'warn' }
  }))
  const script = path.join(place, 'node_modules', 'verdaccio', 'bin', 'verdaccio')
  const child = spawn(process.execPath, [script, '--config', config, '--listen', `127.0.0.1:${port}`], { cwd: place, stdio: 'ignore' })
  const close = () => child.kill()
  process.once('exit', close)
  for (const deadline = Date.now() + PATIENCE; ; await wait(200)) {
    const answer = await fetch(new URL('-/ping', url)).catch(() => null)
    if (answer?.ok) return { url, close }
    if (child.exitCode !== null || Date.now() > deadline) {
      close()
      throw new Error('verdaccio does not start')
    }
  }
}

function freePort () {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

module.exports = { startRegistry }
