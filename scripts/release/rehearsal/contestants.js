'use strict'

/* How the package is installed: package managers, flags and lock files. */

const { bunOf, fileOf } = require('./tools')

const QUIET = ['--no-audit', '--no-fund']
const DARWIN = ['--os=darwin', '--cpu=arm64']

/**
 * A package manager: `find(folder, node)` gives its command, or null where it can't be had. `files` are put into the
 * app. `run` starts a file of the app; by default Node does.
 */
const MANAGERS = {
  ...each('npm', ['10', '11', '12'], (version) => ({ find: script('npm', version, 'bin/npm-cli.js'), install: ['install', ...QUIET] })),
  ...each('pnpm', ['10', '11', '12'], (version) => ({
    find: script('pnpm', version, version === '10' ? 'bin/pnpm.cjs' : 'bin/pnpm.mjs'),
    install: ['install'],
    // pnpm waits a day by default, and this release is a minute old.
    files: { 'pnpm-workspace.yaml': 'minimumReleaseAge: 0\n' }
  })),
  'Yarn 1': { find: script('yarn', '1', 'bin/yarn.js'), install: ['install', '--non-interactive'] },
  ...each('Yarn 4', ['node-modules', 'pnp'], (linker) => ({
    find: script('@yarnpkg/cli-dist', '4', 'bin/yarn.js'),
    install: ['install', '--no-immutable'],
    files: { '.yarnrc.yml': `nodeLinker: ${linker}\npnpEnableEsmLoader: true\nnpmMinimalAgeGate: 0\n`, 'yarn.lock': '' },
    run: linker === 'pnp' ? ['node'] : undefined
  })),
  Bun: { find: (folder) => bunOf(folder) && [bunOf(folder)], install: ['install'] }
}

/**
 * What is done with a manager. `flags` are added to its install command. `before` are commands of which only the lock
 * file is kept, and `command` is used instead of its install command. `native`: whether the binary is to run.
 */
const CONTESTANTS = [
  ...Object.keys(MANAGERS).map((manager) => ({ title: manager, manager })),
  { title: 'npm 12, strict about scripts', manager: 'npm 12', flags: ['--strict-allow-scripts'] },
  ...['npm 11', 'pnpm 12', 'Yarn 1'].map((manager) => ({ title: `${manager}, --ignore-scripts`, manager, flags: ['--ignore-scripts'] })),
  { title: 'npm 11, --omit=optional', manager: 'npm 11', flags: ['--omit=optional'], native: false },
  { title: 'pnpm 12, --no-optional', manager: 'pnpm 12', flags: ['--no-optional'], native: false },
  {
    title: 'npm 11, a lock file made on another platform',
    manager: 'npm 11',
    before: [['install', '--package-lock-only', ...DARWIN]],
    command: ['ci', ...QUIET]
  },
  {
    title: 'pnpm 12, a lock file made on another platform',
    manager: 'pnpm 12',
    before: [['install', '--lockfile-only', ...DARWIN]],
    command: ['install', '--frozen-lockfile']
  },
  {
    title: 'npm 10, a lock file made from the packages of another platform',
    manager: 'npm 10',
    before: [['install', '--no-package-lock', ...QUIET, ...DARWIN], ['install', '--package-lock-only', ...DARWIN]],
    command: ['ci', ...QUIET],
    // npm/cli#4828: the lock file may leave the other platforms out. Then what the warning says must help.
    remedy: true
  }
]

function each (title, variants, make) {
  return Object.fromEntries(variants.map((variant) => [title.startsWith('Yarn') ? `${title}, ${variant}` : `${title} ${variant}`, make(variant)]))
}

/** A manager that is a JavaScript file of a package. */
function script (name, version, file) {
  return (folder, node) => {
    const found = fileOf(folder, name, version, file)
    return found && [node, found]
  }
}

module.exports = { CONTESTANTS, MANAGERS }
