'use strict'

/*
 * Real servers, each on a free loopback port and in a temporary folder, gone at the end whatever happens:
 * a shell that waits for the end of this process kills what is left and removes the folder.
 */

const { spawn, execFileSync } = require('child_process')
const fs = require('fs')
const net = require('net')
const os = require('os')
const path = require('path')

const modules = path.join(__dirname, 'node_modules')
const isRoot = process.getuid && process.getuid() === 0

// an account for the time of a run
const azure = { account: 'devstoreaccount1', key: Buffer.from('no secret').toString('base64') }

const kinds = {
  redis: {
    title: 'redis-server',
    program: () => find('redis-server'),
    version: (program) => output(program, ['--version'], /v=([\d.]+)/),
    // an append-only file, so that sessions outlive the server that is killed
    start: ({ program, port, dir }) => [program, ['--port', port, '--bind', '127.0.0.1', '--save', '',
      '--appendonly', 'yes', '--appendfsync', 'always', '--dir', dir]],
    ready: ({ port }) => talk(port, 'PING\r\n', /PONG/),
    killable: 'SIGKILL'
  },
  postgres: {
    title: 'PostgreSQL',
    program: () => find('postgres', postgresFolders()) && find('initdb', postgresFolders()) && find('postgres', postgresFolders()),
    version: (program) => output(program, ['--version'], /([\d.]+)/),
    user: 'postgres',
    prepare ({ program, dir, user }) {
      run(path.join(path.dirname(fs.realpathSync(program)), 'initdb'),
        ['-D', path.join(dir, 'data'), '-A', 'trust', '-U', 'postgres', '--no-sync'], user)
    },
    start: ({ program, port, dir }) => [program, ['-D', path.join(dir, 'data'), '-h', '127.0.0.1', '-p', port, '-k', dir,
      '-c', 'fsync=off', '-c', 'max_connections=200']],
    async ready ({ port }) {
      const { Client } = need('pg')
      const client = new Client({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' })
      await client.connect()
      await client.end()
    },
    killable: 'SIGQUIT' // "immediate shutdown": no goodbye, recovery at the next start
  },
  mariadb: {
    title: 'MariaDB',
    program: () => find('mariadb-install-db') && find('mariadbd'),
    version: (program) => output(program, ['--version'], /Ver ([\d.]+)/),
    prepare ({ dir }) {
      run(find('mariadb-install-db'), ['--no-defaults', '--datadir=' + dir, ...(isRoot ? ['--user=mysql'] : []),
        '--auth-root-authentication-method=normal', '--skip-test-db'])
    },
    start: ({ program, port, dir }) => [program, ['--no-defaults', ...(isRoot ? ['--user=mysql'] : []), '--datadir=' + dir,
      '--bind-address=127.0.0.1', '--port=' + port, '--socket=' + path.join(dir, 'sock'), '--pid-file=' + path.join(dir, 'pid'),
      '--innodb-flush-log-at-trx-commit=1', '--max-connections=200']],
    async ready ({ port }) {
      const client = await need('mysql2/promise').createConnection({ host: '127.0.0.1', port, user: 'root' })
      await client.query('CREATE DATABASE IF NOT EXISTS test CHARACTER SET utf8mb4')
      await client.end()
    },
    killable: 'SIGKILL'
  },
  memcached: {
    title: 'memcached',
    program: () => find('memcached'),
    version: (program) => output(program, ['--version'], /([\d.]+)/),
    start: ({ program, port }) => [program, [...(isRoot ? ['-u', 'nobody'] : []), '-l', '127.0.0.1', '-p', port, '-U', '0']],
    ready: ({ port }) => talk(port, 'version\r\n', /VERSION/),
    killable: 'SIGKILL'
  },
  mongo: {
    title: 'secantusdb (MongoDB protocol, beta)',
    program: () => existing(path.join(__dirname, '.servers/mongo/bin/secantusd-py')) || find('secantusd-py'),
    version: (program) => output(path.join(path.dirname(program), 'pip'),
      ['show', '--disable-pip-version-check', 'secantusdb'], /Version: (\S+)/),
    start: ({ program, port }) => [program, ['--host', '127.0.0.1', '--port', port, '--storage-path', ':memory:', '--standalone']],
    async ready ({ port }) {
      const { MongoClient } = need('mongodb')
      const client = await MongoClient.connect('mongodb://127.0.0.1:' + port, { serverSelectionTimeoutMS: 500 })
      await client.db('admin').command({ ping: 1 })
      await client.close()
    },
    killable: 'SIGKILL'
  },
  dynamo: {
    title: 'dynalite',
    program: () => existing(path.join(modules, 'dynalite/cli.js')),
    version: () => need('dynalite/package.json').version,
    start: ({ program, port, dir }) => [process.execPath, [program, '--host', '127.0.0.1', '--port', port,
      '--createTableMs', '0', '--deleteTableMs', '0', '--updateTableMs', '0']],
    ready: ({ port }) => talk(port, 'GET / HTTP/1.0\r\n\r\n', /HTTP/)
  },
  azure: {
    title: 'azurite',
    program: () => existing(path.join(modules, 'azurite/dist/src/table/main.js')),
    version: () => need('azurite/package.json').version,
    start: ({ program, port, dir }) => [process.execPath, [program, '--silent', '--disableTelemetry', '--skipApiVersionCheck',
      '--location', dir, '--tableHost', '127.0.0.1', '--tablePort', port]],
    env: { AZURITE_ACCOUNTS: `${azure.account}:${azure.key}` },
    ready: ({ port }) => talk(port, 'GET / HTTP/1.0\r\n\r\n', /HTTP/)
  }
}

class Servers {
  constructor () {
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'session-stores-'))
    fs.chmodSync(this.dir, 0o755)
    this.running = new Map()
    // ends, and cleans up, when our end of the pipe closes: also when we are killed
    this.reaper = spawn('sh', ['-c', `cat >/dev/null; for f in "$0"/*.pid; do
      [ -f "$f" ] && read -r pid signal < "$f" && kill -s "$signal" "$pid" 2>/dev/null; done; sleep 1; rm -rf "$0"`, this.dir],
    { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
    this.reaper.unref()
    this.reaper.stdin.unref()
  }

  /** Starts a server of this kind; answers with `{ port, title, version }`, or `{ missing: reason }`. */
  async start (name) {
    const kind = kinds[name]
    const program = kind.program()
    if (!program) return { name, title: kind.title, missing: kind.title + ' is not installed' }
    const server = { name, kind, program, title: kind.title, dir: path.join(this.dir, name), user: userOf(kind.user) }
    fs.mkdirSync(server.dir, { recursive: true })
    if (server.user) fs.chownSync(server.dir, server.user.uid, server.user.gid)
    try {
      server.version = kind.version(program)
      if (kind.prepare) kind.prepare(server)
      server.port = await freePort()
      await this.launch(server)
    } catch (err) {
      return { name, title: kind.title, missing: `${kind.title} does not start: ${err.message}` }
    }
    this.running.set(name, server)
    return { name, title: server.title, version: server.version, port: server.port, killable: !!kind.killable }
  }

  async launch (server) {
    const [program, args] = server.kind.start(server)
    const log = fs.openSync(path.join(this.dir, server.name + '.log'), 'a')
    const child = spawn(program, args.map(String), { stdio: ['ignore', log, log], cwd: server.dir, env: { ...process.env, ...server.kind.env }, ...server.user })
    fs.closeSync(log)
    server.process = child
    child.unref()
    child.once('error', (err) => { server.failed = err })
    fs.writeFileSync(path.join(this.dir, server.name + '.pid'), `${child.pid} ${signalName(server.kind.killable)}\n`)
    const until = Date.now() + 30000
    for (;;) {
      if (server.failed || child.exitCode !== null) throw server.failed || new Error('it ended at once; see its log:\n' + this.log(server))
      try {
        return await server.kind.ready(server)
      } catch (err) {
        if (Date.now() > until) throw new Error('not ready after 30 s: ' + err.message, { cause: err })
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
  }

  log (server) {
    return fs.readFileSync(path.join(this.dir, server.name + '.log'), 'utf8').slice(-2000)
  }

  /** Pulls the plug. */
  async kill (name) {
    const server = this.running.get(name)
    const { process: child } = server
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.ref()
    child.kill(server.kind.killable || 'SIGKILL')
    await ended
    fs.rmSync(path.join(this.dir, name + '.pid'), { force: true })
  }

  /** Starts it again, on the same port and data. */
  restart (name) {
    return this.launch(this.running.get(name))
  }

  async stop () {
    await Promise.all([...this.running.keys()].map((name) => this.kill(name)))
    this.reaper.stdin.end()
  }
}

function signalName (killable) {
  return (killable || 'SIGKILL').replace('SIG', '')
}

function need (name) {
  return require(require.resolve(name, { paths: [modules] }))
}

function existing (file) {
  return fs.existsSync(file) ? file : undefined
}

function find (program, more = []) {
  return [...process.env.PATH.split(path.delimiter), '/usr/sbin', '/usr/local/sbin', ...more]
    .map((dir) => path.join(dir, program)).find((file) => fs.existsSync(file))
}

function postgresFolders () {
  const root = '/usr/lib/postgresql'
  return fs.existsSync(root) ? fs.readdirSync(root).sort().reverse().map((version) => path.join(root, version, 'bin')) : []
}

function output (program, args, pattern) {
  const [, found] = pattern.exec(execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })) || []
  return found
}

function run (program, args, user) {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'], cwd: '/', ...user })
}

/** PostgreSQL refuses to run as root. */
function userOf (name) {
  if (!name || !isRoot) return undefined
  const id = (what) => Number(execFileSync('id', [what, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
  return { uid: id('-u'), gid: id('-g') }
}

function freePort () {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

function talk (port, text, answer) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(text))
    socket.setTimeout(1000, () => socket.destroy(new Error('no answer')))
    socket.once('data', (data) => {
      socket.destroy()
      if (answer.test(data)) resolve()
      else reject(new Error('unexpected answer: ' + data))
    })
    socket.once('error', reject)
  })
}

module.exports = { Servers, kinds: Object.keys(kinds), azure }
