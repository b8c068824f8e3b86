'use strict'

const js = require('@eslint/js')
const neostandard = require('neostandard')

module.exports = [
  js.configs.recommended,
  ...neostandard({ noJsx: true, ignores: ['target/', 'coverage/', '**/node_modules/', '**/.servers/'] }),
  {
    files: ['**/*.js'],
    languageOptions: { sourceType: 'commonjs' },
    rules: {
      // Upstream parses paths with url.parse. WHATWG's URL gives other results.
      'n/no-deprecated-api': ['error', { ignoreModuleItems: ['url.parse'] }],
      'no-unused-vars': ['error', { args: 'none', caughtErrors: 'all', ignoreRestSiblings: true }],
      strict: ['error', 'global'],
      // The type may be a variable.
      'valid-typeof': ['error', { requireStringLiterals: false }]
    }
  },
  { files: ['__test__/browser/**'], languageOptions: { globals: { document: 'readonly' } } },
  // Those of the test runners.
  {
    files: ['__test__/runners/fixtures/**'],
    languageOptions: { globals: { afterEach: 'readonly', beforeEach: 'readonly', expect: 'readonly', jest: 'readonly', test: 'readonly', vi: 'readonly' } }
  }
]
