'use strict'

const { execFileSync } = require('node:child_process')
const path = require('node:path')

/** Writes server.key and server.crt, a certificate that its own key has signed. Throws where there is no openssl. */
function makeCertificate (folder) {
  execFileSync('openssl', [
    'req', '-x509', '-nodes', '-newkey', 'rsa:2048', '-days', '30',
    '-keyout', path.join(folder, 'server.key'), '-out', path.join(folder, 'server.crt'),
    '-subj', '/C=US/ST=Illinois/L=Chicago/O=node-express-session/CN=express-session.local'
  ], { stdio: 'ignore' })
}

module.exports = { makeCertificate }
