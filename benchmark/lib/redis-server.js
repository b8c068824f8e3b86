'use strict'

const { spawn, spawnSync } = require('node:child_process')
const net = require('node:net')

module.exports = { startRedis }

const READY = 10_000

/**
 * Starts a redis-server that keeps nothing on disk, on a free port of the loopback.
 *
 * @return {Promise<{port: number, version: string, stop: function()}|undefined>} undefined where there is none
 */
async function startRedis () {
  const { status, stdout } = spawnSync('redis-server', ['--version'], { encoding: 'utf8' })
  if (status !== 0) return undefined

  const port = await freePort()
  const settings = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', '/']
  const child = spawn('redis-server', settings.map(String), { stdio: 'ignore' })
  await answers(port, Date.now() + READY)
  return { port, version: /v=(\S+)/.exec(stdout)[1], stop: () => child.kill() }
}

function freePort () {
  return new Promise((resolve, reject) => {
    const server = net.createServer().on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

async function answers (port, until) {
  while (Date.now() < until) {
    const connected = await new Promise((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
      socket.on('connect', () => socket.destroy())
    })
    if (connected) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('redis-server does not answer')
}
