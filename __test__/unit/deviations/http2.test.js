'use strict'

// Sessions over the compatibility API of node:http2, with TLS and without.

const assert = require('node:assert/strict')
const { once } = require('node:events')
const fs = require('node:fs')
const http2 = require('node:http2')
const os = require('node:os')
const path = require('node:path')
const { test } = require('node:test')
const { patience } = require('../../helpers/calls')
const { makeCertificate } = require('../../helpers/certificate')
const { connectHttp2, request } = require('../../helpers/client')
const { serve } = require('../../helpers/server')
const { kinds } = require('../../helpers/stores')
const { deviation, middleware } = require('../../helpers/subject')

const certificate = readCertificate()

/** { key, cert }; undefined where there is no openssl to make them. */
function readCertificate () {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'certificate-'))
  try {
    makeCertificate(folder)
    return { key: fs.readFileSync(path.join(folder, 'server.key')), cert: fs.readFileSync(path.join(folder, 'server.crt')) }
  } catch {
    return undefined
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

async function connect (t, tls, options, handler) {
  const server = tls ? http2.createSecureServer({ ...certificate, allowHTTP1: true }) : http2.createServer()
  const app = await serve(t, middleware(options), handler, server)
  const session = connectHttp2(app.port, { tls })
  t.after(() => session.destroy())
  await once(session, 'connect')
  app.ask = (path, options) => request({ http2: session, timeout: patience(), path, ...options })
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
      const define = how.startsWith('write') || how === 'flushHeaders' || kind === 'a store that answers at once' ? test : deviation
      define(`HTTP/2 ${wire} sets the cookie and saves the session with ${how} (${kind})`, { skip }, async t => {
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

  deviation(`HTTP/2 ${wire} sets a secure cookie ${tls ? 'and' : 'never, and'} secure: 'auto' follows TLS`, { skip }, async t => {
    const secure = await connect(t, tls, { cookie: { secure: true } }, (req, res) => { req.session.a = 1; res.end('x') })
    assert.equal((await secure.ask('/')).setCookie.length, tls ? 1 : 0)
    const auto = await connect(t, tls, { cookie: { secure: 'auto', sameSite: 'auto' } }, (req, res) => { req.session.a = 1; res.end('x') })
    const [text] = (await auto.ask('/')).setCookie
    assert.equal(/; Secure/.test(text), tls)
    assert.match(text, tls ? /SameSite=None/ : /SameSite=Lax/)
  })
}
