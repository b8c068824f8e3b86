'use strict'

// From top to bottom. A file imports from its own layer and from those below it.
const LAYERS = {
  facades: '^((index|memorystore)\\.js$|session/)',
  request: '^lib/request/',
  http: '^lib/http/',
  stores: '^lib/stores/(?!(engine|loaded|parse|refused)\\.js$|plain/|redis/(?!(index|options)\\.js$)|[^/]+/engine\\.js$)',
  native: '^lib/native\\.js$',
  engines: '^lib/stores/(plain/|redis/(?!(index|options)\\.js$)|(engine|loaded|parse|refused|[^/]+/engine)\\.js$)',
  'cookie and session': '^lib/(cookie|session)/',
  util: '^lib/util/'
}
const MAY_LOAD_BINDING = ['^lib/native\\.js$', '^lib/cookie/keyring\\.js$', '^lib/stores/(memory|sqlite)/engine\\.js$', '^lib/util/numbers\\.js$', '^lib/cli/copy/places/database\\.js$']
const NOT_PRODUCT = '^(__test__|benchmark|examples|fuzz|scripts)/'

const COMMANDS = '^(bin|lib/cli)/'

const names = Object.keys(LAYERS)
const layers = Object.values(LAYERS)
const forbid = (name, from, to) => ({ name, severity: 'error', from, to })

module.exports = {
  forbidden: [
    forbid('no cycles', {}, { circular: true }),
    ...layers.slice(1).map((path, above) =>
      forbid(`no import upward from ${names[above + 1]}`, { path }, { path: layers.slice(0, above + 1) })),
    forbid('every file in lib/ belongs to a layer', {}, { path: '^lib/', pathNot: [...layers, COMMANDS] }),
    forbid('only these load binding.js', { pathNot: MAY_LOAD_BINDING }, { path: '^binding\\.js$' }),
    forbid('no import of a command', { pathNot: COMMANDS }, { path: COMMANDS }),
    forbid('no import of tests or tools', {}, { path: NOT_PRODUCT }),
    forbid('only dependencies that are installed with the package', {}, { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] }),
    forbid('every import exists', {}, { couldNotResolve: true })
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\.d\\.ts$' }
  }
}
