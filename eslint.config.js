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
  {
    files: ['lib/{cookie,http,request,session}/**', 'benchmark/lib/{bare,fakes}.js'],
    rules: {
      // V8 allocates such a function among old objects, until it compiles the code around it with its last compiler. What it can reach
      // (the request, its session) then outlives each collection of young objects, and the heap grows by 100 MB and more.
      'no-restricted-syntax': ['error', {
        selector: ':function AssignmentExpression[left.type="MemberExpression"][right.type=/^(Arrow)?FunctionExpression$/]',
        message: 'Give the function a name first (const end = …; res.end = end). V8 treats one that is assigned to a property as long-lived.'
      }]
    }
  },
  { files: ['__test__/browser/**'], languageOptions: { globals: { document: 'readonly' } } },
  // Those of the test runners.
  {
    files: ['__test__/runners/fixtures/**'],
    languageOptions: { globals: { afterEach: 'readonly', beforeEach: 'readonly', expect: 'readonly', jest: 'readonly', test: 'readonly', vi: 'readonly' } }
  }
]
