'use strict'

/* The licences of the crates that are linked into the binaries, with their texts, from cargo's own data. */

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { targetsOf } = require('./targets')

const ROOT = path.join(__dirname, '..', '..')
const HEAD = `# Licences of third parties

The binaries of express-session-native contain the Rust standard library (MIT OR Apache-2.0; its parts are listed at
<https://github.com/rust-lang/rust/blob/master/COPYRIGHT>), SQLite (in the public domain), and these crates. \`node scripts/release/licences.js\` lists them.
`
const TEXT = /^(licen[cs]e|copying|unlicense|notice)/i

/** The crates of all targets, without those that only run while others are compiled. */
function crates () {
  const platforms = targetsOf(require('../../package.json')).flatMap(({ triple }) => ['--filter-platform', triple])
  const metadata = JSON.parse(execFileSync('cargo', ['metadata', '--format-version', '1', '--locked', ...platforms], {
    cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 28
  }))
  const packages = new Map(metadata.packages.map((one) => [one.id, one]))
  const nodes = new Map(metadata.resolve.nodes.map((node) => [node.id, node]))
  const linked = new Set()
  const visit = (id) => {
    const isMacro = packages.get(id).targets.some(({ kind }) => kind.includes('proc-macro'))
    if (linked.has(id) || isMacro) return
    linked.add(id)
    for (const { pkg, dep_kinds: kinds } of nodes.get(id).deps) {
      if (kinds.some(({ kind }) => kind === null)) visit(pkg)
    }
  }
  visit(metadata.resolve.root)
  linked.delete(metadata.resolve.root)
  return [...linked].map((id) => packages.get(id)).sort((one, other) => one.id < other.id ? -1 : 1)
}

/** The licence texts in a crate: of MIT alone, where it may be chosen. */
function textsOf ({ license, manifest_path: manifest }) {
  const folder = path.dirname(manifest)
  const files = fs.readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile() && TEXT.test(entry.name)).map(({ name }) => name)
  const mit = /\bMIT\b/.test(license) && files.filter((name) => /mit/i.test(name))
  return (mit && mit.length > 0 ? mit : files).map((name) => fs.readFileSync(path.join(folder, name), 'utf8').trim())
}

/** @return {string} Markdown */
function licences () {
  const found = crates()
  const users = new Map() // from a text to the crates that have it
  for (const crate of found) {
    for (const text of textsOf(crate)) users.set(text, [...users.get(text) || [], crate.name])
  }
  return [
    HEAD,
    '| Crate | Version | Licence | Source |\n| --- | --- | --- | --- |\n' +
      found.map(({ name, version, license, repository }) => `| ${name} | ${version} | ${license} | ${repository || ''} |\n`).join(''),
    ...[...users].map(([text, names]) => `## ${names.join(', ')}\n\n\`\`\`\`text\n${text}\n\`\`\`\`\n`)
  ].join('\n')
}

module.exports = { licences }

if (require.main === module) process.stdout.write(licences())
