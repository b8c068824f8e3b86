'use strict'

// node:http2's compatibility API, with TLS and without: the cookie is set, the session saved.

const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const http2 = require('node:http2')
const os = require('node:os')
const path = require('node:path')
const { test } = require('node:test')
const { serve } = require('../helpers/server')
const { kinds } = require('../helpers/stores')
const { mends, middleware, patience } = require('../helpers/subject')

const certificate = makeCertificate()

/** A key and a certificate that it signed itself; undefined where there is no openssl to make them. */
function makeCertificate () {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'certificate-'))
  try {
    const [key, cert] = ['key.pem', 'cert.pem'].map(name => path.join(folder, name))
    const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost']
    execFileSync('openssl', [...args, '-keyout', key, '-out', cert], { stdio: 'ignore' })
    return { key: fs.readFileSync(key), cert: fs.readFileSync(cert) }
  } catch {
    return undefined
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

async function connect (t, tls, options, handler) {
  const server = tls ? http2.createSecureServer({ ...certificate, allowHTTP1: true }) : http2.createServer()
  const app = await serve(t, middleware(options), handler, server)
  const client = http2.connect(`${tls ? 'https' : 'http'}://127.0.0.1:${app.port}`, { rejectUnauthorized: false })
  client.on('error', () => {})
  t.after(() => client.destroy())
  await once(client, 'connect')

  app.ask = (path, { cookie, method = 'GET' } = {}) => new Promise((resolve, reject) => {
    const stream = client.request({ ':path': path, ':method': method, ...(cookie && { cookie }) })
    let head = {}
    let body = ''
    stream.setTimeout(patience(), () => stream.close(http2.constants.NGHTTP2_CANCEL))
    stream.on('error', reject)
    stream.on('response', headers => { head = headers })
    stream.setEncoding('utf8').on('data', text => { body += text })
    stream.on('close', () => {
      if (stream.rstCode !== 0) return reject(new Error(`the stream was reset: ${stream.rstCode}`))
      const setCookie = head['set-cookie'] || []
      resolve({ status: head[':status'], setCookie, cookie: setCookie.map(text => text.split(';')[0]).join('; '), body })
    })
    stream.end()
  })
  return app
}

const ENDS = {
  'end(text)': (res, text) => res.end(text),
  'end()': res => res.end(),
  'end(text, callback)': (res, text) => res.end(text, () => {}),
  'write, then end': (res, text) => { res.write(text); res.end() },
  'Content-Length and end(text)': (res, text) => { res.setHeader('Content-Length', text.length); res.end(text) },
  'writeHead and end(text)': (res, text) => res.writeHead(201).end(text),
  flushHeaders: (res, text) => { res.flushHeaders(); res.end(text) },
  'writeHead with headers and end(text)': (res, text) => res.writeHead(201, { 'x-a': '1' }).end(text)
}

for (const tls of [true, false]) {
  const wire = tls ? 'with TLS' : 'without TLS'
  const skip = tls && !certificate ? 'openssl, which makes the certificate, is not installed' : false

  for (const [kind, makeStore] of Object.entries(kinds)) {
    for (const [how, end] of Object.entries(ENDS)) {
      // Upstream fails where it has to write the headers itself.
      const define = how.startsWith('write') || how === 'flushHeaders' || kind === 'a store that answers at once' ? test : mends
      define(`HTTP/2 ${wire}, ${kind}, ${how}: cookie set, session saved`, { skip }, async t => {
        const app = await connect(t, tls, { store: makeStore() }, (req, res) => {
          req.session.views = (req.session.views || 0) + 1
          end(res, String(req.session.views))
        })
        const first = await app.ask('/')
        assert.equal(first.setCookie.length, 1)
        const second = await app.ask('/', { cookie: first.cookie })
        assert.equal(second.body, how === 'end()' ? '' : '2')
        assert.equal(second.setCookie.length, 0)
        const head = await app.ask('/', { cookie: first.cookie, method: 'HEAD' })
        assert.equal(head.body, '')
        if (how !== 'end()') assert.equal((await app.ask('/', { cookie: first.cookie })).body, '4')
        assert.deepEqual(app.errors, [])
      })
    }
  }

  mends(`HTTP/2 ${wire}: a secure cookie is set over TLS only, secure: 'auto' knows`, { skip }, async t => {
    const secure = await connect(t, tls, { cookie: { secure: true } }, (req, res) => { req.session.a = 1; res.end('x') })
    assert.equal((await secure.ask('/')).setCookie.length, tls ? 1 : 0)
    const auto = await connect(t, tls, { cookie: { secure: 'auto', sameSite: 'auto' } }, (req, res) => { req.session.a = 1; res.end('x') })
    const [text] = (await auto.ask('/')).setCookie
    assert.equal(/; Secure/.test(text), tls)
    assert.match(text, tls ? /SameSite=None/ : /SameSite=Lax/)
  })
}
