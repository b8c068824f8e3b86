'use strict'

/* What a release is made of, as a CycloneDX document: npm lists the npm packages, cargo-cyclonedx the crates. */

const { execFileSync, spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { npm } = require('./npm')

const ROOT = path.join(__dirname, '..', '..')

function canMakeSbom () {
  return spawnSync('cargo', ['cyclonedx', '--version'], { stdio: 'ignore' }).status === 0
}

/** @param {string} folder for what is temporary */
function sbom (folder) {
  const packages = npmPackages(folder)
  const crates = cargoCrates()
  const main = packages.dependencies.find(({ ref }) => ref === packages.metadata.component['bom-ref'])
  main.dependsOn.push(crates.metadata.component['bom-ref'])
  return {
    ...packages,
    components: [...packages.components, crates.metadata.component, ...crates.components],
    dependencies: [...packages.dependencies, ...crates.dependencies]
  }
}

/** The dependencies alone: npm's own filter also drops what the tests need as well. */
function npmPackages (folder) {
  const { name, version, license, description, repository, dependencies, optionalDependencies } = require('../../package.json')
  const place = path.join(folder, 'sbom', name)
  fs.mkdirSync(place, { recursive: true })
  fs.writeFileSync(path.join(place, 'package.json'), JSON.stringify({ name, version, license, description, repository, dependencies, optionalDependencies }))
  npm(['install', '--package-lock-only', '--no-audit', '--no-fund'], { cwd: place })
  return JSON.parse(npm(['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], { cwd: place }))
}

function cargoCrates () {
  const name = 'sbom-of-crates'
  const file = path.join(ROOT, `${name}.json`)
  try {
    execFileSync('cargo', ['cyclonedx', '--quiet', '--format', 'json', '--spec-version', '1.5', '--target', 'all', '--override-filename', name], {
      cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit']
    })
    // It names this crate by its folder.
    return JSON.parse(fs.readFileSync(file, 'utf8').replaceAll(ROOT, ''))
  } finally {
    fs.rmSync(file, { force: true })
  }
}

module.exports = { canMakeSbom, sbom }
