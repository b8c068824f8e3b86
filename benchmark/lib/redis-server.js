'use strict'

const { spawn, spawnSync } = require('node:child_process')
const { once } = require('node:events')
const net = require('node:net')
const { setTimeout: sleep } = require('node:timers/promises')

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
  const until = Date.now() + READY
  while (!await connects(port)) {
    if (Date.now() > until) throw new Error('redis-server does not answer')
    await sleep(50)
  }
  return { port, version: /v=(\S+)/.exec(stdout)[1], stop: () => child.kill() }
}

async function freePort () {
  const server = net.createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function connects (port) {
  const socket = net.connect(port, '127.0.0.1')
  const connected = await once(socket, 'connect').then(() => true, () => false)
  socket.destroy()
  return connected
}

module.exports = { startRedis }
