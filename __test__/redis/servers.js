'use strict'

/*
 * Real servers, each on a free port of the loopback and in a temporary folder. A shell that waits for the end of this
 * process kills what is left and removes the folders, whatever happens.
 */

const { spawn, spawnSync } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const net = require('node:net')
const os = require('node:os')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')

const READY = 15_000

/** The server that is tested: any that speaks Redis's protocol. */
const PROGRAM = process.env.REDIS_SERVER || 'redis-server'

/** What a program says of its version; undefined where it is not installed. */
function versionOf (program) {
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' })
  return status === 0 ? stdout : undefined
}

const version = versionOf(PROGRAM)
/** Why the tests that need it are skipped; false when they are not. */
const missing = version ? false : `${PROGRAM} is not installed`
const clusterMissing = missing || (versionOf('redis-cli') ? false : 'redis-cli is not installed')

let folder
let reaper

function temporaryFolder (name) {
  if (folder === undefined) {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'session-redis-'))
    // It ends, and cleans up, when our end of the pipe closes: also when we are killed.
    reaper = spawn('sh', ['-c', `cat >/dev/null; for f in "$0"/*/pid; do
      [ -f "$f" ] && kill -9 "$(cat "$f")" 2>/dev/null; done; sleep 0.2; rm -rf "$0"`, folder],
    { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
    reaper.unref()
    reaper.stdin.unref()
  }
  const dir = path.join(folder, name)
  fs.mkdirSync(dir)
  return dir
}

/** A running server: its port, and what can be done to it. */
class Server {
  constructor (program, port, settings) {
    this.program = program
    this.port = port
    this.dir = temporaryFolder(`${path.basename(program)}-${port}`)
    this.settings = settings
  }

  /** Writes a file into the server's folder, and gives its path. */
  write (name, text) {
    const file = path.join(this.dir, name)
    fs.writeFileSync(file, text)
    return file
  }

  async start () {
    const settings = [...this.settings, '--port', this.port, '--bind', '127.0.0.1', '--dir', this.dir]
    this.child = spawn(this.program, settings.map(String), { stdio: 'ignore' })
    fs.writeFileSync(path.join(this.dir, 'pid'), String(this.child.pid))
    const until = Date.now() + READY
    while (!/PONG|LOADING|NOAUTH/.test(await this.talk('PING'))) {
      if (Date.now() > until) throw new Error(`${this.program} does not answer`)
      await sleep(20)
    }
    return this
  }

  /** Sends one command on a connection of its own, and gives what comes back. */
  async talk (...args) {
    const socket = net.connect(this.port, '127.0.0.1')
    socket.on('error', () => {})
    try {
      const connected = await Promise.race([once(socket, 'connect').then(() => true, () => false), sleep(1000, false, { ref: false })])
      if (!connected) return ''
      socket.write(`*${args.length}\r\n` + args.map(arg => `$${Buffer.byteLength(String(arg))}\r\n${arg}\r\n`).join(''))
      const [data] = await Promise.race([once(socket, 'data'), sleep(2000, [''], { ref: false })])
      return String(data)
    } catch {
      return ''
    } finally {
      socket.destroy()
    }
  }

  pause () {
    this.child.kill('SIGSTOP')
  }

  goOn () {
    this.child.kill('SIGCONT')
  }

  /** Kills the server, as a crash would. */
  async kill () {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const ended = once(this.child, 'exit')
    this.child.kill('SIGCONT')
    this.child.kill('SIGKILL')
    await ended
  }
}

const NOTHING_ON_DISK = ['--save', '', '--appendonly', 'no']
/** Redis 6 needs no permission for DEBUG, and does not know this one. */
const DEBUG = /v=6\./.test(version) ? [] : ['--enable-debug-command', 'local']

/** A server that keeps nothing on disk. */
async function startRedis (...settings) {
  return await new Server(PROGRAM, await freePort(), [...NOTHING_ON_DISK, ...DEBUG, ...settings]).start()
}

/** A cluster of three masters. */
async function startCluster () {
  const nodes = []
  for (let n = 0; n < 3; n++) nodes.push(await startRedis('--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf', '--cluster-node-timeout', 2000))
  const { status, stdout } = spawnSync('redis-cli', ['--cluster', 'create', ...nodes.map(({ port }) => `127.0.0.1:${port}`), '--cluster-replicas', '0', '--cluster-yes'], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`redis-cli could not make the cluster: ${stdout}`)
  for (const node of nodes) {
    while (!/cluster_state:ok/.test(await node.talk('CLUSTER', 'INFO'))) await sleep(50)
  }
  return nodes
}

/** A master, a replica and a sentinel that fails over within about a second. */
async function startSentinel () {
  const atOnce = ['--repl-diskless-sync-delay', 0]
  const master = await startRedis(...atOnce)
  const replica = await startRedis('--replicaof', '127.0.0.1', master.port, ...atOnce)
  const sentinel = new Server(PROGRAM, await freePort(), [])
  sentinel.settings = [sentinel.write('sentinel.conf', `sentinel monitor sessions 127.0.0.1 ${master.port} 1
sentinel down-after-milliseconds sessions 500
sentinel failover-timeout sessions 2000
sentinel parallel-syncs sessions 1
`), '--sentinel']
  await sentinel.start()
  while (!/slave0:.*state=online/.test(await master.talk('INFO', 'replication'))) await sleep(50)
  while (!/num-slaves[\s\S]{0,12}1/.test(await sentinel.talk('SENTINEL', 'MASTER', 'sessions'))) await sleep(100)
  return { master, replica, sentinel }
}

async function freePort () {
  const server = net.createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address()
  await new Promise(resolve => server.close(resolve))
  return port < 55000 ? port : freePort() // a cluster node's bus is 10,000 further
}

module.exports = { clusterMissing, freePort, missing, startCluster, startRedis, startSentinel }
