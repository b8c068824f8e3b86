'use strict'

// Next.js: App Router, pages API, a custom server and the standalone output, with both of its bundlers.

const assert = require('node:assert/strict')
const { spawn, spawnSync } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const net = require('node:net')
const path = require('node:path')
const { after, before, test } = require('node:test')
const { setTimeout: wait } = require('node:timers/promises')
const { NAMES, prepare } = require('./app')
const { npm } = require('../install/pack')
const { binaryFile } = require('../../lib/util/binary-names')

const BUILD_LIMIT = 240_000
const START_LIMIT = 60_000
const ENV = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' }

let folder, place, end, version

before(() => {
  ({ folder, place, end } = prepare('next'))
  try {
    npm(['install', '--no-audit', '--no-fund', '--ignore-scripts', 'next', 'react', 'react-dom'], { cwd: place })
    version = JSON.parse(fs.readFileSync(path.join(place, 'node_modules/next/package.json'), 'utf8')).version
  } catch {
    // The tests are skipped.
  }
})

after(() => end())

function write (files) {
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(place, name)), { recursive: true })
    fs.writeFileSync(path.join(place, name), text)
  }
}

const appRoute = (name) => `
  import session from '${name}'
  export const dynamic = 'force-dynamic'
  const store = new session.MemoryStore()
  const cookie = new session.Cookie({ maxAge: 60000 })
  export const GET = () => new Promise((resolve, reject) => {
    store.set('id', { cookie, views: 1 }, () => store.get('id', (err, found) => {
      err ? reject(err) : resolve(Response.json({ native: session.native, views: found.views }))
    }))
  })`

const pagesRoute = (name) => `
  import session from '${name}'
  const use = session({ secret: 'next', resave: false, saveUninitialized: false })
  export default async function handler (req, res) {
    await new Promise((resolve, reject) => use(req, res, (err) => err ? reject(err) : resolve()))
    req.session.views = (req.session.views || 0) + 1
    res.json({ native: session.native, views: req.session.views })
  }`

const customServer = (name) => `
  const session = require('${name}')
  const app = require('next')({ dev: false })
  const use = session({ secret: 'custom', name: 'custom.sid', resave: false, saveUninitialized: false })
  app.prepare().then(() => require('http').createServer((req, res) => use(req, res, () => {
    req.session.custom = true
    app.getRequestHandler()(req, res)
  })).listen(process.env.PORT, '127.0.0.1'))`

/** Builds the app from nothing, with its output laid out for a server of its own. */
function build (files, config, ...args) {
  for (const name of ['app', 'pages', '.next']) fs.rmSync(path.join(place, name), { recursive: true, force: true })
  write({
    'next.config.js': `module.exports = { output: 'standalone', outputFileTracingRoot: __dirname, ...${JSON.stringify(config)} }`,
    'app/layout.js': 'export default function Layout ({ children }) { return <html><body>{children}</body></html> }',
    'app/page.js': 'export default function Page () { return <p>page</p> }',
    ...files
  })
  const { status, stdout, stderr } = spawnSync(process.execPath, ['node_modules/next/dist/bin/next', 'build', ...args], {
    cwd: place, encoding: 'utf8', env: ENV, timeout: BUILD_LIMIT
  })
  assert.equal(status, 0, stdout + stderr)
  assert.doesNotMatch(stdout + stderr, /express-session|EXPRESS_SESSION/, 'the build says nothing about the package')
}

/** The standalone output, where no other node_modules can be reached. */
function standalone () {
  const elsewhere = fs.mkdtempSync(path.join(folder, 'standalone-'))
  fs.cpSync(path.join(place, '.next/standalone'), elsewhere, { recursive: true, verbatimSymlinks: true })
  return elsewhere
}

async function freePort () {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  return port
}

/** Starts a server, asks it, and ends it. `ask(get)` gets a function that fetches a path. */
async function serve (cwd, args, ask) {
  const port = await freePort()
  let printed = ''
  const child = spawn(process.execPath, args, { cwd, env: { ...ENV, PORT: String(port), HOSTNAME: '127.0.0.1' }, stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => { printed += data })
  try {
    const get = (where, headers) => fetch(`http://127.0.0.1:${port}${where}`, { headers })
    for (const deadline = Date.now() + START_LIMIT; ; await wait(200)) {
      if (await get('/').then(({ ok }) => ok, () => false)) break
      if (child.exitCode !== null || Date.now() > deadline) throw new Error(`the server does not start:\n${printed}`)
    }
    await ask(get)
    assert.doesNotMatch(printed, /EXPRESS_SESSION/)
  } finally {
    child.kill('SIGKILL')
  }
}

async function checkSession (get, where) {
  const first = await get(where)
  const [cookie] = first.headers.get('set-cookie').split(';')
  assert.deepEqual([await first.json(), await (await get(where, { cookie })).json()], [{ native: true, views: 1 }, { native: true, views: 2 }])
}

/** In paths, which the build prints: it must not name the package. */
const PART = { [NAMES[0]]: 'own', [NAMES[1]]: 'alias' }
/** What docs/bundling.md says to write. A build takes long: so one has both names. */
const CONFIG = { turbopack: {}, webpack: { serverExternalPackages: NAMES } }

async function checkRoutes (get) {
  for (const part of Object.values(PART)) {
    assert.deepEqual(await (await get(`/api/app-${part}`)).json(), { native: true, views: 1 })
    await checkSession(get, `/api/pages-${part}`)
  }
}

for (const [bundler, config] of Object.entries(CONFIG)) {
  test(`${bundler}, under both names: App Router, pages API, custom server, standalone`, async (t) => {
    if (version === undefined) return t.skip('next can\'t be installed from npm')
    t.diagnostic(version)
    build(Object.assign({}, ...Object.entries(PART).map(([name, part]) => ({
      [`app/api/app-${part}/route.js`]: appRoute(name),
      [`pages/api/pages-${part}.js`]: pagesRoute(name),
      [`custom-${part}.js`]: customServer(name)
    }))), config, `--${bundler}`)

    // For each by itself: in the standalone output, one route has what another has brought.
    for (const part of Object.values(PART)) {
      const { files } = JSON.parse(fs.readFileSync(path.join(place, `.next/server/app/api/app-${part}/route.js.nft.json`), 'utf8'))
      assert.ok(files.some((file) => path.basename(file) === binaryFile()), `${part}: ${files.join('\n')}`)
    }
    for (const part of Object.values(PART)) {
      await serve(place, [`custom-${part}.js`], async (get) => {
        await checkRoutes(get)
        assert.match((await get('/')).headers.get('set-cookie'), /^custom\.sid=/)
      })
    }
    await serve(standalone(), ['server.js'], checkRoutes)
  })
}
