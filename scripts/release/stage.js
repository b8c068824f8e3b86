'use strict'

/*
 *   node scripts/release/stage.js <folder with the binaries> <folder to make>
 *
 * Lays what is to be published: a folder for each package, as its tarball has it. The checkout stays as it is.
 */

const { execFileSync } = require('node:child_process')
const { createHash } = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const { licences } = require('./licences')
const { pack } = require('./npm')
const { canMakeSbom, sbom } = require('./sbom')
const { targetsOf } = require('./targets')

const ROOT = path.join(__dirname, '..', '..')
const manifest = require('../../package.json')
const NAME = manifest.name

/** A binary that is missing stays missing: check-release.js says so. */
function stage (binaries, folder) {
  fs.mkdirSync(folder)
  const targets = targetsOf(manifest)
  const temporary = fs.mkdtempSync(`${folder}-`)
  try {
    const added = { 'THIRD-PARTY-LICENSES.md': licences() }
    if (canMakeSbom()) added['sbom.cdx.json'] = JSON.stringify(sbom(temporary), null, 2)

    for (const { platform } of targets) stagePlatform(binaries, folder, platform, added)
    stageMain(folder, temporary, { ...added, SHA256SUMS: sums(binaries, targets) })
  } finally {
    fs.rmSync(temporary, { recursive: true, force: true })
  }
}

function stagePlatform (binaries, folder, platform, added) {
  const place = path.join(folder, `${NAME}-${platform}`)
  const binary = `${NAME}.${platform}.node`
  fs.cpSync(path.join(ROOT, 'npm', platform), place, { recursive: true })
  fs.copyFileSync(path.join(ROOT, 'LICENSE'), path.join(place, 'LICENSE'))
  if (fs.existsSync(path.join(binaries, binary))) fs.copyFileSync(path.join(binaries, binary), path.join(place, binary))
  add(place, added)
}

function stageMain (folder, temporary, added) {
  const place = path.join(folder, NAME)
  fs.mkdirSync(place)
  execFileSync('tar', ['-xzf', pack(ROOT, temporary).file, '-C', place, '--strip-components=1'])
  add(place, added, (main) => {
    const platforms = targetsOf(main).map(({ platform }) => [`${NAME}-${platform}`, main.version])
    main.optionalDependencies = { ...main.optionalDependencies, ...Object.fromEntries(platforms) }
    // Of no use outside the checkout.
    delete main.scripts
    delete main.devDependencies
    delete main.overrides
    delete main.allowScripts
  })
}

/** Writes files into a package, and names them in its package.json. */
function add (place, files, change = () => {}) {
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(place, name), text)
  const file = path.join(place, 'package.json')
  const own = JSON.parse(fs.readFileSync(file, 'utf8'))
  own.files.push(...Object.keys(files))
  change(own)
  fs.writeFileSync(file, `${JSON.stringify(own, null, 2)}\n`)
}

/** As `sha256sum --check` reads it. */
function sums (binaries, targets) {
  return targets.map(({ platform }) => path.join(binaries, `${NAME}.${platform}.node`)).filter(fs.existsSync)
    .map((file) => `${createHash('sha256').update(fs.readFileSync(file)).digest('hex')}  ${path.basename(file)}\n`).join('')
}

module.exports = { stage }

if (require.main === module) {
  const [binaries, folder] = process.argv.slice(2).map((place) => path.resolve(place))
  stage(binaries, folder)
}
